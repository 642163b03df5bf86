/** Randomness that can be had again: `SOTTO_SEED=… ` repeats a run. */
import { randomInt } from 'node:crypto';

export interface Random {
  readonly seed: number;
  /** 0 <= x < 1. */
  next(): number;
  /** A whole number from 0 to `below` - 1. */
  below(below: number): number;
  pick<T>(list: readonly T[]): T;
}

/** mulberry32: enough for choosing test cases, for nothing else. */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number): number => Math.floor(next() * limit);
  return { seed, next, below, pick: <T>(list: readonly T[]): T => list[below(list.length)] as T };
}

/** Prints the seed, so that a failure can be repeated. */
export function seeded(what: string): Random {
  const given = process.env.SOTTO_SEED;
  const seed = given === undefined ? randomInt(2 ** 32) : Number(given);
  console.log(`${what}: SOTTO_SEED=${seed}`);
  return randomFrom(seed);
}
