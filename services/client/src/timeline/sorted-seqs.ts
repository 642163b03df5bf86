/** Sequences in ascending order. Logs grow at their end, so that is the cheap place; a late one costs a binary search and a move. */
export class SortedSeqs {
  readonly #seqs: number[] = [];

  get size(): number {
    return this.#seqs.length;
  }

  add(seq: number): void {
    const at = this.#from(seq);
    if (this.#seqs[at] !== seq) this.#seqs.splice(at, 0, seq);
  }

  delete(seq: number): void {
    const at = this.#from(seq);
    if (this.#seqs[at] === seq) this.#seqs.splice(at, 1);
  }

  first(): number | null {
    return this.#seqs[0] ?? null;
  }

  last(): number | null {
    return this.#seqs.at(-1) ?? null;
  }

  /** The nearest lower one. */
  before(seq: number): number | null {
    return this.#seqs[this.#from(seq) - 1] ?? null;
  }

  /** The nearest higher one. */
  after(seq: number): number | null {
    return this.#seqs[this.#from(seq + 1)] ?? null;
  }

  countAfter(seq: number): number {
    return this.#seqs.length - this.#from(seq + 1);
  }

  all(): readonly number[] {
    return this.#seqs;
  }

  /** Index of the first that is not below `seq`. */
  #from(seq: number): number {
    let low = 0;
    let high = this.#seqs.length;
    if (high === 0 || seq > (this.#seqs[high - 1] as number)) return high;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#seqs[middle] as number) < seq) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Several sequences under each key. */
export class SeqsByKey {
  readonly #byKey = new Map<string, SortedSeqs>();

  add(key: string, seq: number): void {
    const seqs = this.#byKey.get(key) ?? new SortedSeqs();
    seqs.add(seq);
    this.#byKey.set(key, seqs);
  }

  delete(key: string, seq: number): void {
    const seqs = this.#byKey.get(key);
    seqs?.delete(seq);
    if (seqs?.size === 0) this.#byKey.delete(key);
  }

  first(key: string): number | null {
    return this.#byKey.get(key)?.first() ?? null;
  }

  before(key: string, seq: number): number | null {
    return this.#byKey.get(key)?.before(seq) ?? null;
  }

  all(key: string): readonly number[] {
    return this.#byKey.get(key)?.all() ?? [];
  }
}
