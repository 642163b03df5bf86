import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { type Lock, tryLock, waitForLock } from './lock.ts';

const folder = mkdtempSync(join(tmpdir(), 'sotto-lock-'));
let made = 0;
const fresh = (): string => join(folder, `${++made}`);
const children: ChildProcess[] = [];
afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true });
});

const HOLDER = fileURLToPath(new URL('../../testing/lock-holder.ts', import.meta.url));

function holder(dir: string): { child: ChildProcess; said: Promise<string> } {
  const child = spawn(process.execPath, [HOLDER, dir], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  return { child, said: once(child.stdout as NodeJS.ReadableStream, 'data').then(([text]) => String(text)) };
}

test('one holder in a process, and the next one after it', () => {
  const dir = fresh();
  const lock = tryLock(dir) as Lock;
  expect(lock).not.toBeNull();
  expect(tryLock(dir)).toBeNull();
  // A failed try must not have loosened it.
  expect(tryLock(dir)).toBeNull();
  expect(tryLock(fresh())).not.toBeNull();
  lock.release();
  lock.release();
  const next = tryLock(dir);
  expect(next).not.toBeNull();
  lock.release();
  expect(tryLock(dir)).toBeNull();
});

test('a waiting process gets it when the holder lets go, and says that it waits', async () => {
  const dir = fresh();
  const lock = tryLock(dir) as Lock;
  const { child, said } = holder(dir);
  expect(await said).toBe('waiting\n');
  const held = once(child.stdout as NodeJS.ReadableStream, 'data');
  lock.release();
  expect(String((await held)[0])).toBe('held\n');
  expect(tryLock(dir)).toBeNull();
});

test('a process that is killed holds nothing', async () => {
  const dir = fresh();
  const { child, said } = holder(dir);
  expect(await said).toBe('held\n');
  expect(tryLock(dir)).toBeNull();
  let waits = 0;
  const waiting = waitForLock(dir, () => waits++);
  child.kill('SIGKILL');
  (await waiting).release();
  expect(waits).toBe(1);
});
