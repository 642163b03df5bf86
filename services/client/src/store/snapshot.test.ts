import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { aesKeyKept, randomBytes } from '@sotto/protocol';
import { afterAll, expect, test } from 'vitest';
import { openFileStorage } from './file.ts';
import { openFileSnapshot } from './snapshot.ts';

const folder = mkdtempSync(join(tmpdir(), 'sotto-snapshot-'));
let made = 0;
const fresh = (): string => join(folder, `${++made}`);
afterAll(() => rmSync(folder, { recursive: true }));

test('what the file held, whatever the writer does, and nothing goes back to it', async () => {
  const dir = fresh();
  const writer = await openFileStorage(dir);
  await writer.write([
    { table: 'meta', key: 'a', value: 1 },
    { table: 'keys', key: 'k', value: await aesKeyKept(randomBytes(32), true) },
    { table: 'outbox', key: 'waiting', value: 'not ours to send' },
  ]);
  const snapshot = await openFileSnapshot(dir);
  await writer.write([{ table: 'meta', key: 'a', value: 2 }]);
  await snapshot.write([{ table: 'meta', key: 'b', value: 3 }]);
  expect(await snapshot.list('meta')).toEqual([
    { key: 'a', value: 1 },
    { key: 'b', value: 3 },
  ]);
  const key = await snapshot.get('keys', 'k');
  expect(key).toBeInstanceOf(CryptoKey);
  expect(await snapshot.list('outbox')).toEqual([]);
  const changes = [
    { table: 'meta', key: 'c', value: 4 },
    { table: 'keys', key: 'new', value: key },
  ] as const;
  await expect(snapshot.write(changes)).rejects.toThrow('another process is the writer');
  expect(await snapshot.get('meta', 'c')).toBeUndefined();
  await snapshot.write([{ table: 'keys', key: 'k', value: undefined }]);
  expect(await snapshot.get('keys', 'k')).toBeUndefined();
  await snapshot.close();
  expect(await writer.list('meta')).toEqual([{ key: 'a', value: 2 }]);
  await writer.close();
});
