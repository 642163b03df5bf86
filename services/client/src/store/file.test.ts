import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { aesKeyKept, exportRaw, randomBytes } from '@sotto/protocol';
import { afterAll, expect, test } from 'vitest';
import { describeStorage } from '../../testing/storage-conformance.ts';
import { openFileStorage } from './file.ts';
import { filePathIn, isHome } from './file-database.ts';

const folder = mkdtempSync(join(tmpdir(), 'sotto-file-'));
let made = 0;
const fresh = (): string => join(folder, `${++made}`, 'home');
afterAll(() => rmSync(folder, { recursive: true }));

describeStorage('file', () => openFileStorage(fresh()));

test('opened again, everything is there, keys included', async () => {
  const dir = fresh();
  const raw = randomBytes(32);
  const first = await openFileStorage(dir);
  await first.write([{ table: 'keys', key: 'k', value: await aesKeyKept(raw, true) }]);
  await first.close();
  expect(isHome(dir)).toBe(true);
  const second = await openFileStorage(dir);
  expect(await exportRaw((await second.get('keys', 'k')) as CryptoKey)).toEqual(raw);
  await second.close();
});

test('a key that cannot be exported is refused, and nothing of its batch is kept', async () => {
  const storage = await openFileStorage(fresh());
  const key = await aesKeyKept(randomBytes(32), false);
  const writing = storage.write([
    { table: 'meta', key: 'x', value: 1 },
    { table: 'keys', key: 'k', value: key },
  ]);
  await expect(writing).rejects.toThrow('cannot be exported');
  expect(await storage.get('meta', 'x')).toBeUndefined();
  await storage.close();
});

test.runIf(process.platform !== 'win32')(
  'the folder and all files in it are private, while in use and after',
  async () => {
    const dir = fresh();
    const modes = (): number[] =>
      ['.', ...readdirSync(dir)].map((name) => statSync(join(dir, name)).mode & 0o077);
    const storage = await openFileStorage(dir);
    await storage.write([{ table: 'meta', key: 'x', value: 1 }]);
    expect(modes()).toEqual([0, 0, 0, 0]);
    await storage.close();
    expect(modes()).toEqual([0, 0]);
  },
);

test('what was removed is not left on the disk', async () => {
  const dir = fresh();
  const secret = 'this was said in confidence';
  const onDisk = (): boolean =>
    readdirSync(dir).some((name) => readFileSync(join(dir, name)).includes(secret));
  const storage = await openFileStorage(dir);
  await storage.write([{ table: 'entries', key: 'x', value: secret }]);
  expect(onDisk()).toBe(true);
  await storage.clear();
  expect(onDisk()).toBe(false);
  await storage.close();
});

test.each([
  ['text', Buffer.from('this is no database at all, but long enough to have a header of its own ......')],
  ['an empty file', Buffer.alloc(0)],
])('a file that is not ours (%s) is named and left as it is', async (_name, content) => {
  const dir = fresh();
  mkdirSync(dir, { recursive: true });
  writeFileSync(filePathIn(dir), content);
  await expect(openFileStorage(dir)).rejects.toThrow(filePathIn(dir));
  expect(readFileSync(filePathIn(dir))).toEqual(content);
});

test("another program's database is named and left as it is", async () => {
  const dir = fresh();
  mkdirSync(dir, { recursive: true });
  const other = new DatabaseSync(filePathIn(dir));
  other.exec('CREATE TABLE kept (x); INSERT INTO kept VALUES (1)');
  other.close();
  const before = readFileSync(filePathIn(dir));
  await expect(openFileStorage(dir)).rejects.toThrow('does not hold a Sotto client');
  expect(readFileSync(filePathIn(dir))).toEqual(before);
});

test('a file that was cut short is named and left as it is', async () => {
  const dir = fresh();
  const storage = await openFileStorage(dir);
  await storage.write([{ table: 'entries', key: 'x', value: new Uint8Array(100_000) }]);
  await storage.close();
  truncateSync(filePathIn(dir), 20_000);
  const before = readFileSync(filePathIn(dir));
  await expect(openFileStorage(dir)).rejects.toThrow(filePathIn(dir));
  expect(readFileSync(filePathIn(dir))).toEqual(before);
});

test('killed with SIGKILL ten times while writing: every batch that was reported is there, and none by half', async () => {
  const dir = fresh();
  const writer = fileURLToPath(new URL('../../testing/file-writer.ts', import.meta.url));
  const reported: string[] = [];
  for (let round = 0; round < 10; round++) {
    const args = [writer, dir, String(round * 100_000)];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const exited = once(child, 'exit');
    const target = reported.length + 5 + round * 7;
    for await (const line of createInterface({ input: child.stdout })) {
      reported.push(line);
      if (reported.length >= target) child.kill('SIGKILL');
    }
    expect((await exited)[1]).toBe('SIGKILL');
  }
  const storage = await openFileStorage(dir);
  const entries = (await storage.list<{ n: number }>('entries')).map(({ key }) => key);
  expect((await storage.list('writers')).map(({ key }) => key)).toEqual(entries);
  expect(await storage.get('rooms', 'last')).toBe(await storage.get('meta', 'last'));
  const kept = new Set(entries);
  expect(reported.filter((n) => !kept.has(n))).toEqual([]);
  expect(reported.length).toBeGreaterThan(300);
  await storage.close();
});
