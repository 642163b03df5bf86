import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { type Bytes, hex, u64 } from './bytes.ts';
import { randomBytes } from './crypto.ts';
import { chainStart, chainStep } from './room-chain.ts';

const sha = (...parts: (Uint8Array | string)[]): string => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
};

async function chainOf(room: Bytes, digests: readonly Bytes[]): Promise<string> {
  let hash = await chainStart(room);
  for (const [i, digest] of digests.entries()) hash = await chainStep(hash, i + 1, digest);
  return hex(hash);
}

test('the chain is the hash that the document says', async () => {
  const [room, digest] = [randomBytes(16), randomBytes(32)];
  const start = await chainStart(room);
  expect(hex(start)).toBe(sha('sotto/1/room\0', room));
  expect(hex(await chainStep(start, 1, digest))).toBe(sha(new Uint8Array([2]), start, u64(1), digest));
});

test('an entry dropped, swapped, repeated or moved to another room shows', async () => {
  const room = randomBytes(16);
  const [a, b, c] = [randomBytes(32), randomBytes(32), randomBytes(32)];
  const chains = await Promise.all([
    chainOf(room, [a, b, c]),
    chainOf(room, [a, c]),
    chainOf(room, [a, c, b]),
    chainOf(room, [a, b, b, c]),
    chainOf(randomBytes(16), [a, b, c]),
  ]);
  expect(new Set(chains).size).toBe(5);
});
