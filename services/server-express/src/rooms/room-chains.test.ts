import { type Bytes, b64, chainStart, chainStep, LIMITS, randomBytes, sha256, u32 } from '@sotto/protocol';
import { beforeEach, expect, test } from 'vitest';
import { createLog } from '../log.ts';
import { RoomChains } from './room-chains.ts';

const room = randomBytes(16);
const EVERY = LIMITS.checkpointEntries;
let log: Bytes[];
let expected: string[];
let checkpoints: Map<number, Bytes>;

/** The digests of a log of `length` entries, and the chain hash at each. */
async function grow(length: number): Promise<void> {
  let hash = expected.length === 0 ? await chainStart(room) : (last as Bytes);
  if (expected.length === 0) expected.push(b64(hash));
  while (log.length < length) {
    const digest = await sha256(u32(log.length));
    log.push(digest);
    hash = await chainStep(hash, log.length, digest);
    expected.push(b64(hash));
  }
  last = hash;
}
let last: Bytes | null;

const store = {
  digests: async (_room: Bytes, from: number, to: number) => log.slice(from - 1, to),
  checkpoint: async (_room: Bytes, seq: number, chain: Bytes) => {
    const standing = checkpoints.get(seq) ?? chain;
    checkpoints.set(seq, standing);
    return standing;
  },
  checkpointBelow: async (_room: Bytes, seq: number) => {
    const at = Math.max(...[...checkpoints.keys()].filter((n) => n <= seq));
    const chain = checkpoints.get(at);
    return chain === undefined ? null : { seq: at, chain };
  },
};
const fresh = () => new RoomChains(store, createLog('silent'));
const at = async (chains: RoomChains, seq: number) => b64(await chains.at(room, seq));

beforeEach(() => {
  log = [];
  expected = [];
  checkpoints = new Map();
  last = null;
});

test('the hash at any sequence, asked in any order, with or without digests', async () => {
  await grow(3 * EVERY);
  const chains = fresh();
  expect(await at(chains, 5)).toBe(expected[5]);
  const known = { from: 2, digests: log.slice(2, 10) };
  expect(b64(await chains.at(room, 10, known))).toBe(expected[10]);
  const asked = [600, 9, 300, 0, 601, 10, 3 * EVERY];
  expect(await Promise.all(asked.map((seq) => at(chains, seq)))).toEqual(asked.map((seq) => expected[seq]));
});

test('digests that do not reach back to the position are not used', async () => {
  await grow(20);
  const chains = fresh();
  const gap = { from: 7, digests: log.slice(7, 10) };
  expect(b64(await chains.at(room, 10, gap))).toBe(expected[10]);
});

test('a fresh replica starts from the newest checkpoint, also where what is before was trimmed', async () => {
  await grow(2 * EVERY + 7);
  await at(fresh(), 2 * EVERY + 7);
  expect([...checkpoints.keys()]).toEqual([EVERY, 2 * EVERY]);
  log.fill(randomBytes(32), 0, 2 * EVERY);
  const chains = fresh();
  expect(await chains.position(room)).toBe(2 * EVERY);
  expect(await at(chains, 2 * EVERY + 7)).toBe(expected[2 * EVERY + 7]);
});

test('a replica that differs from a checkpoint stops serving that room, and only that', async () => {
  await grow(EVERY + 1);
  const chains = fresh();
  await at(chains, EVERY - 1);
  checkpoints.set(EVERY, randomBytes(32));
  await expect(at(chains, EVERY)).rejects.toMatchObject({ code: 'chain_conflict' });
  await expect(at(chains, 3)).rejects.toMatchObject({ code: 'chain_conflict' });
  expect(() => chains.check(room)).toThrow();
  expect(() => chains.check(randomBytes(16))).not.toThrow();
});
