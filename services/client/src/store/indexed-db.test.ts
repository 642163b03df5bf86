/** Under fake-indexeddb, which keeps the order and the transactions; the end-to-end story runs the real one in browsers. */
import 'fake-indexeddb/auto';
import { aesKeyKept, exportRaw, randomBytes } from '@sotto/protocol';
import { expect, test } from 'vitest';
import { describeStorage } from '../../testing/storage-conformance.ts';
import { openIndexedDbStorage } from './indexed-db.ts';

let made = 0;
describeStorage('IndexedDB', () => openIndexedDbStorage(`test ${++made}`));

test('opened again under its name, everything is there, and a key cannot be taken out', async () => {
  const first = await openIndexedDbStorage('again');
  await first.write([
    { table: 'meta', key: 'x', value: 1 },
    { table: 'keys', key: 'k', value: await aesKeyKept(randomBytes(32), false) },
  ]);
  await first.close();
  const second = await openIndexedDbStorage('again');
  expect(await second.get('meta', 'x')).toBe(1);
  const key = (await second.get('keys', 'k')) as CryptoKey;
  await expect(exportRaw(key)).rejects.toThrow();
  await second.close();
});
