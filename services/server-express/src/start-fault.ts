/** Why a replica cannot start, in one sentence for the person who started it: a damaged file, a port in use. */
export class StartFault extends Error {
  constructor(sentence: string) {
    super(sentence);
    this.name = 'StartFault';
  }
}
