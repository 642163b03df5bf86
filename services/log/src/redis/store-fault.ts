/** A Redis that must not be served, in a sentence for the person who started the replica. Trying again does not help. */
export class StoreFault extends Error {
  override readonly name = 'StoreFault';
}
