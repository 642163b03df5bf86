import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { describeAccounts } from '../../conformance/accounts.ts';
import { describeLog } from '../../conformance/log.ts';
import { openSqliteStore } from './store.ts';

const folder = mkdtempSync(join(tmpdir(), 'sotto-sqlite-'));
let made = 0;
const fresh = () => join(folder, `${++made}.db`);
afterAll(() => rmSync(folder, { recursive: true }));

describeLog('SQLite', () => openSqliteStore(fresh()));
describeAccounts('SQLite', () => openSqliteStore(fresh()));

test('the generation stays with the file', async () => {
  const path = fresh();
  const first = await openSqliteStore(path);
  await first.close();
  const second = await openSqliteStore(path);
  expect(second.generation).toBe(first.generation);
  await second.close();
});

test.runIf(process.platform !== 'win32')('the files are their owner’s alone', async () => {
  const path = fresh();
  const store = await openSqliteStore(path);
  for (const name of readdirSync(folder).filter((file) => file.startsWith(basename(path)))) {
    expect(statSync(join(folder, name)).mode & 0o077, name).toBe(0);
  }
  await store.close();
});

test.each([
  ['text', Buffer.from('this is no database at all, but long enough to have a header of its own ......')],
  ['an empty file', Buffer.alloc(0)],
])('a file that is not ours (%s) is named and left as it is', async (_name, content) => {
  const path = fresh();
  writeFileSync(path, content);
  await expect(openSqliteStore(path)).rejects.toThrow(path);
  expect(readFileSync(path)).toEqual(content);
});

test("another program's database is named and left as it is", async () => {
  const path = fresh();
  const other = new DatabaseSync(path);
  other.exec('CREATE TABLE t (x); INSERT INTO t VALUES (1)');
  other.close();
  await expect(openSqliteStore(path)).rejects.toThrow('not a Sotto database');
  const again = new DatabaseSync(path);
  expect(again.prepare('SELECT x FROM t').all()).toHaveLength(1);
  again.close();
});

test('a second process on the same file is refused in a sentence', async () => {
  const path = fresh();
  const store = await openSqliteStore(path);
  await store.ping();
  await expect(openSqliteStore(path)).rejects.toThrow('in use by another process');
  await store.close();
});

test('killed with SIGKILL ten times while appending: every acknowledged entry is there, once, dense', async () => {
  const path = fresh();
  const writer = fileURLToPath(new URL('../../testing/appender.ts', import.meta.url));
  const acked: string[] = [];
  for (let round = 0; round < 10; round++) {
    const child = spawn(process.execPath, [writer, path], { stdio: ['ignore', 'pipe', 'inherit'] });
    const exited = once(child, 'exit');
    const target = acked.length + 20 + round * 7;
    for await (const line of createInterface({ input: child.stdout })) {
      acked.push(line);
      if (acked.length >= target) child.kill('SIGKILL');
    }
    expect((await exited)[1]).toBe('SIGKILL');
  }
  const db = new DatabaseSync(path);
  const sql =
    'SELECT lower(hex(room)) AS room, seq, lower(hex(digest)) AS digest FROM entries ORDER BY room, seq';
  const rows = db.prepare(sql).all() as { room: string; seq: number; digest: string }[];
  db.close();
  const stored = new Set(rows.map(({ room, seq, digest }) => `${room} ${seq} ${digest}`));
  expect(acked.filter((line) => !stored.has(line))).toEqual([]);
  for (const [i, row] of rows.entries()) {
    const before = rows[i - 1];
    expect(row.seq).toBe(before?.room === row.room ? before.seq + 1 : 1);
  }
  expect(acked.length).toBeGreaterThan(200);
});
