/** `npm run cluster` as a supervisor sees it: one line of JSON, and nothing left behind however it ends. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ClusterState } from '../../cluster/cluster.ts';

const MAIN = fileURLToPath(new URL('../../cluster/main.ts', import.meta.url));
let folder: string;
let child: ChildProcess | null = null;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sotto-program-'));
});
afterEach(() => {
  child?.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

async function start(...args: string[]): Promise<{ child: ChildProcess; state: ClusterState }> {
  const started = spawn(process.execPath, [MAIN, '--json', '--port', '0', '--data', folder, ...args], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  child = started;
  const [line] = (await once(started.stdout.setEncoding('utf8'), 'data')) as [string];
  return { child: started, state: JSON.parse(line) as ClusterState };
}

/** A process that ended and that nobody asked about yet counts as gone. */
function isAlive(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

const pidsOf = ({ replicas, redis, nginx }: ClusterState): number[] => [
  ...replicas.map(({ pid }) => pid),
  redis.pid,
  nginx.pid,
];

test('one line when all are ready; SIGTERM ends everything', async () => {
  const { child: program, state } = await start('--express', '2');
  expect(state.replicas.map(({ kind }) => kind)).toEqual(['express', 'express']);
  for (const url of [state.front, ...state.replicas.map((replica) => replica.url)]) {
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
  }
  expect(pidsOf(state).every(isAlive)).toBe(true);
  program.kill('SIGTERM');
  expect(await once(program, 'exit')).toEqual([0, null]);
  expect(pidsOf(state).filter(isAlive)).toEqual([]);
});

test('killed with SIGKILL it leaves nothing behind either', async () => {
  const { child: program, state } = await start('--express', '1');
  program.kill('SIGKILL');
  await expect.poll(() => pidsOf(state).filter(isAlive), { timeout: 10_000 }).toEqual([]);
});

test('all faults are said at once, and nothing is started', async () => {
  const args = ['--express', '0', '--port', 'http'];
  const program = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  program.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  expect(await once(program, 'close')).toEqual([1, null]);
  expect(said.trim().split('\n')).toEqual([
    '--express must be a whole number from 1 to 64, not "0".',
    '--port must be a whole number from 0 to 65535, not "http".',
  ]);
});
