import { beforeAll, expect, test } from 'vitest';
import { unsafeSigningPair } from '../testing/unsafe-key-pool.ts';
import { zeros } from './bytes.ts';
import { randomBytes } from './crypto.ts';
import { type Head, type Receipt, signReceipts, verifyReceipt } from './receipt.ts';

let server: CryptoKeyPair;
beforeAll(async () => {
  server = await unsafeSigningPair(44);
});

const heads = (count: number): Head[] =>
  Array.from({ length: count }, (_, i) => ({ room: randomBytes(16), seq: i + 1, chain: randomBytes(32) }));

test('one signature gives every room a receipt of its own', async () => {
  for (const count of [1, 2, 3, 7, 33]) {
    const receipts = await signReceipts(heads(count), server.privateKey, 1000);
    expect(receipts).toHaveLength(count);
    for (const receipt of receipts) {
      expect(receipt.signature).toEqual(receipts[0]?.signature);
      expect(await verifyReceipt(receipt, server.publicKey)).toBe(true);
    }
  }
});

test('nothing of a receipt can be changed', async () => {
  const receipts = await signReceipts(heads(6), server.privateKey, 1000);
  const receipt = receipts[2] as Receipt;
  const changes: Partial<Receipt>[] = [
    { room: randomBytes(16) },
    { seq: receipt.seq + 1 },
    { chain: zeros(32) },
    { at: 1001 },
    { index: 3 },
    { index: 6 },
    { size: 5 },
    { size: 7 },
    { path: receipt.path.slice(1) },
    { path: [...receipt.path, zeros(32)] },
    { path: [] },
    { signature: zeros(384) },
    { signature: zeros(0) },
  ];
  for (const change of changes) {
    const changed = { ...receipt, ...change };
    expect(await verifyReceipt(changed, server.publicKey), Object.keys(change).join()).toBe(false);
  }
  expect(await verifyReceipt(receipt, (await unsafeSigningPair(45)).publicKey)).toBe(false);
});

test('no room, no receipt', async () => {
  expect(await signReceipts([], server.privateKey, 1)).toEqual([]);
});
