import { aesKeyKept, type Bytes, b64, randomBytes } from '@sotto/protocol';
import { expect, test } from 'vitest';
import { memoryStorage } from '../store/memory.ts';
import type { Storage } from '../store/port.ts';
import { Vault } from '../store/vault.ts';
import type { EntryRecord } from '../timeline/record.ts';
import { EntryLog } from './entry-log.ts';

const room = randomBytes(16);
const record = (seq: number): EntryRecord => ({ kind: 'hidden', seq, at: seq, digest: randomBytes(32) });

async function open(storage: Storage, key: CryptoKey): Promise<EntryLog> {
  return new EntryLog(room, storage, new Vault(key));
}

/** A log of pages with so many entries each. */
async function written(sizes: readonly number[]) {
  const [storage, key] = [memoryStorage(), await aesKeyKept(randomBytes(32), false)];
  const log = await open(storage, key);
  const records: EntryRecord[] = [];
  const chains: Bytes[] = [];
  for (const size of sizes) {
    const page = Array.from({ length: size }, (_, i) => record(records.length + i + 1));
    const hashes = page.map(() => randomBytes(32));
    await storage.write([await log.append(records.length + 1, page, hashes)]);
    records.push(...page);
    chains.push(...hashes);
  }
  return { storage, key, records, chains };
}

test('gives back every record and chain in order, joins small pages, and says the same after that', async () => {
  const { storage, key, records, chains } = await written([1, 1, 1, 300, 1, 200, 100, 1, 1]);
  expect(await storage.list('entries')).toHaveLength(9);
  for (let round = 0; round < 3; round++) {
    const loaded = await (await open(storage, key)).load();
    expect(loaded.records).toEqual(records);
    expect(loaded.chains.map(b64)).toEqual(chains.map(b64));
  }
  expect((await storage.list('entries')).length).toBeLessThan(6);
});

test('replaces records where they stand, also in pages that were joined', async () => {
  const { storage, key, records } = await written([2, 2, 2]);
  const log = await open(storage, key);
  await log.load();
  const other = [record(2), record(5)];
  await storage.write(await log.replace(other));
  const expected = records.map((r) => other.find((o) => o.seq === r.seq) ?? r);
  expect((await (await open(storage, key)).load()).records).toEqual(expected);
});

test('a page that was put in the place of another does not open', async () => {
  const { storage, key } = await written([300, 300]);
  const [first, second] = await storage.list('entries');
  await storage.write([
    { table: 'entries', key: second?.key as string, value: { ...(first?.value as object), from: 301 } },
  ]);
  await expect((await open(storage, key)).load()).rejects.toThrow(/cannot be opened/);
});
