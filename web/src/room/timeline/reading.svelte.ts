/** How far the reader is: what was seen, what is new, and where the line before it stands. */
import type { TimelineItem } from '@sotto/client';
import { countNew, newAfter } from './divider.ts';

export class Reading {
  readonly #items: () => readonly TimelineItem[];
  readonly #cursor: () => number;
  #opened = $state(false);
  #line = $state<number | null>(null);
  #seen = $state(0);
  /** How many messages of others have not been on the screen. */
  readonly fresh = $derived.by(() => countNew(this.#items(), this.read));

  /** `cursor`: how far the account has read, over all its devices. */
  constructor(items: () => readonly TimelineItem[], cursor: () => number) {
    this.#items = items;
    this.#cursor = cursor;
  }

  get opened(): boolean {
    return this.#opened;
  }

  /** Messages of others above this sequence are new; null shows no line. */
  get line(): number | null {
    return this.#line;
  }

  get read(): number {
    return Math.max(this.#seen, this.#cursor());
  }

  /** What is new is decided once, by how far was read when the first items come. True where anything is. */
  open(): boolean {
    this.#opened = true;
    this.#line = newAfter(this.#items(), this.#cursor());
    return this.#line !== null;
  }

  /** True where this is further than was known. */
  saw(seq: number): boolean {
    if (seq <= this.read) return false;
    this.#seen = seq;
    return true;
  }

  /** While nobody looks, what comes is new. */
  missed(): void {
    this.#line ??= newAfter(this.#items(), this.read);
  }

  clearLine(): void {
    this.#line = null;
  }
}
