/** The room chain at the newest sequences, as a value: adding one gives another memory and leaves this one as it was. */
import type { Bytes } from '@sotto/protocol';

const REMEMBERED = 4096;
/** Newest hashes are copied with every step, the others once in so many steps: 10,000 entries would else copy 40 million. */
const STEP = 64;

export class ChainMemory {
  readonly #older: ReadonlyMap<number, Bytes>;
  readonly #newest: ReadonlyMap<number, Bytes>;

  constructor(older: ReadonlyMap<number, Bytes> = new Map(), newest: ReadonlyMap<number, Bytes> = new Map()) {
    this.#older = older;
    this.#newest = newest;
  }

  /** undefined where it was never known or is forgotten. */
  get(seq: number): Bytes | undefined {
    return this.#newest.get(seq) ?? this.#older.get(seq);
  }

  /** With the chain at `seq`, which is the highest so far. */
  with(seq: number, chain: Bytes): ChainMemory {
    if (this.#newest.size < STEP) return new ChainMemory(this.#older, new Map(this.#newest).set(seq, chain));
    const older = new Map(this.#older);
    for (const [n, hash] of this.#newest) older.set(n, hash);
    for (const n of older.keys()) {
      if (n > seq - REMEMBERED) break;
      older.delete(n);
    }
    return new ChainMemory(older, new Map([[seq, chain]]));
  }
}
