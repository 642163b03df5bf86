/** Copies of an envelope, each with one bit flipped. */
import { type Bytes, HEADER_BYTES } from '@sotto/protocol';

export const HEADER_BITS = HEADER_BYTES * 8;

/** Every bit of the header. */
export const headerBits = (): number[] => [...Array(HEADER_BITS).keys()];

/** `count` bits of body and signature, evenly spread. */
export const otherBits = ({ length }: Bytes, count: number): number[] =>
  Array.from({ length: count }, (_, i) => HEADER_BITS + Math.floor((i * (length * 8 - HEADER_BITS)) / count));

export function flipped(envelope: Bytes, bit: number): Bytes {
  const copy = envelope.slice();
  copy[bit >> 3] = (copy[bit >> 3] as number) ^ (1 << (bit & 7));
  return copy;
}

/** How often each name came. */
export class Tally {
  readonly #counts = new Map<string, number>();

  add(name: string): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
  }

  get total(): number {
    return [...this.#counts.values()].reduce((sum, count) => sum + count, 0);
  }

  toString(): string {
    return [...this.#counts].map(([name, count]) => `${name} ${count}`).join(', ');
  }
}
