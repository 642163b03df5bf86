/** The graceful stop (design section 8), with sends under way; and the program itself, with its signals and its faults. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isNack, LIMITS } from '@sotto/protocol';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { person } from './support/people.ts';
import { Greeted, signIn, signUp } from './support/raw-client.ts';
import { testReplica } from './support/replica.ts';
import { makeRoom } from './support/room.ts';

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));
let dataDir: string;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'sotto-stop-'));
});
/** No test leaves a program behind, not even one that failed half-way. */
const running = new Set<ChildProcess>();
afterEach(() => {
  for (const child of running) child.kill('SIGKILL');
  running.clear();
  rmSync(dataDir, { recursive: true, force: true });
});

test('sends under way are answered, clients are told when to return, the transport closes', async () => {
  const replica = await testReplica({ dataDir });
  const ada = await person(0, 'ada');
  const client = await signUp(replica.url, ada);
  const room = await makeRoom(ada, client);
  const envelopes = [];
  for (let i = 0; i < LIMITS.envelopesPerSend; i++) {
    const envelope = await room.message(ada, `last ${i}`);
    await room.took(envelope, 0);
    envelopes.push(envelope);
  }
  const answers = client.send(...envelopes);
  // A call's answer: the send before it has arrived.
  await client.call('rooms', {});
  const closed = replica.close();
  const codes = (await answers).map((a) => (isNack(a) ? a.error.code : 'ok'));
  expect(new Set(codes)).toEqual(new Set(['ok']));
  // Not "io server disconnect", after which a client would not come back.
  expect(await client.greeted.ended).toBe('transport close');
  await client.until(() => client.noticed('draining').length === 1);
  expect(client.noticed('draining')[0]?.retryAfterMs).toBeLessThan(LIMITS.drainSpreadMs);
  await closed;
  await expect(fetch(`${replica.url}/healthz`)).rejects.toThrow();

  const next = await testReplica({ dataDir, port: replica.port });
  const back = await signIn(next.url, ada);
  expect(back.welcome.rooms[0]).toMatchObject({ head: 2 + envelopes.length });
  back.close();
  await next.close();
});

test('a crowd is told to come back one after another', async () => {
  const replica = await testReplica({ dataDir });
  const crowd = await Promise.all(Array.from({ length: 40 }, () => signIn(replica.url, null)));
  const closed = replica.close();
  await Promise.all(crowd.map((client) => client.greeted.ended));
  await closed;
  const times = crowd.map((client) => client.noticed('draining')[0]?.retryAfterMs ?? -1);
  // 10 ms for each of them.
  expect(Math.min(...times)).toBeGreaterThanOrEqual(0);
  expect(Math.min(...times)).toBeLessThan(200);
  expect(Math.max(...times)).toBeGreaterThan(200);
  expect(Math.max(...times)).toBeLessThan(400);
});

test('while it stops there are no new handshakes and no new connections', async () => {
  const replica = await testReplica({ dataDir });
  const greeted = await Greeted.connect(replica.url);
  const { auth, channel } = await greeted.auth(null);
  const closed = replica.close();
  await expect(greeted.welcome(auth, channel)).rejects.toThrow();
  await expect(Greeted.connect(replica.url)).rejects.toThrow();
  await closed;
});

interface Run {
  readonly child: ChildProcess;
  readonly ended: Promise<{ code: number | null; stdout: string; stderr: string }>;
  /** The first line of standard output. */
  readonly line: Promise<string>;
}

function run(args: string[], env: Record<string, string> = {}): Run {
  const child = spawn(process.execPath, [MAIN, ...args], { env: { ...process.env, ...env } });
  running.add(child);
  let [stdout, stderr] = ['', ''];
  const line = new Promise<string>((resolve) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      if (stdout.includes('\n')) resolve(stdout.slice(0, stdout.indexOf('\n')));
    });
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, stdout, stderr }));
  return { child, ended, line };
}

test.each(['SIGTERM', 'SIGINT'] as const)(
  'the program prints one line and ends with 0 on %s',
  async (signal) => {
    const { child, ended, line } = run(['--port', '0', '--data', dataDir]);
    const url = /^Sotto is listening on (http:\/\/127\.0\.0\.1:\d+)$/.exec(await line)?.[1];
    if (url === undefined) throw new Error(`it printed: ${await line}`);
    const nobody = await signIn(url, null);
    const began = performance.now();
    child.kill(signal);
    const { code, stdout, stderr } = await ended;
    expect(code).toBe(0);
    expect(performance.now() - began).toBeLessThan(10_000);
    expect(stdout.trim().split('\n')).toHaveLength(1);
    expect(stderr).toContain('stopping');
    expect(statSync(join(dataDir, 'server-keys.json')).mode & 0o777).toBe(0o600);
    expect(await nobody.greeted.ended).toBe('transport close');
  },
);

test('all faults of a configuration are reported at once', async () => {
  const { code, stderr } = await run(['--port', 'http', '--colour', 'red'], { SOTTO_LOG_LEVEL: 'loud' })
    .ended;
  expect(code).toBe(1);
  const sentences = stderr.trim().split('\n');
  expect(sentences).toHaveLength(4);
  for (const name of ['--port', '--colour', 'red', 'SOTTO_LOG_LEVEL']) expect(stderr).toContain(name);
});

test('a corrupted database is named and not overwritten', async () => {
  const path = join(dataDir, 'sotto.db');
  const first = run(['--port', '0', '--data', dataDir]);
  await first.line;
  first.child.kill('SIGTERM');
  await first.ended;
  writeFileSync(path, 'this was a database once'.repeat(1000));
  const before = readFileSync(path);
  const { code, stderr, stdout } = await run(['--port', '0', '--data', dataDir]).ended;
  expect(code).not.toBe(0);
  expect(stdout).toBe('');
  expect(stderr.trim().split('\n')).toHaveLength(1);
  expect(stderr).toContain(path);
  expect(readFileSync(path).equals(before)).toBe(true);
});

test('corrupted or missing server keys are named and not replaced', async () => {
  const path = join(dataDir, 'server-keys.json');
  writeFileSync(path, '{"version": 1, "signing"');
  const corrupted = await run(['--port', '0', '--data', dataDir]).ended;
  expect(corrupted.code).not.toBe(0);
  expect(corrupted.stderr.trim().split('\n')).toHaveLength(1);
  expect(corrupted.stderr).toContain(path);
  expect(readFileSync(path, 'utf8')).toBe('{"version": 1, "signing"');
  rmSync(path);
  writeFileSync(join(dataDir, 'sotto.db'), '');
  const missing = await run(['--port', '0', '--data', dataDir]).ended;
  expect(missing.code).not.toBe(0);
  expect(missing.stderr).toContain('missing');
  expect(existsSync(path)).toBe(false);
});

test('a port in use is said in one sentence', async () => {
  const other = createServer();
  other.listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as { port: number };
  const { code, stderr } = await run(['--port', String(port), '--data', dataDir], { SOTTO_LOG_LEVEL: 'warn' })
    .ended;
  other.close();
  expect(code).toBe(1);
  expect(stderr).toBe(`Cannot listen on 127.0.0.1:${port}: something else listens there.\n`);
});

test('at its most talkative the program logs no handle, no text and no key', async () => {
  const { child, ended, line } = run(['--port', '0', '--data', dataDir], { SOTTO_LOG_LEVEL: 'trace' });
  const url = (await line).split(' ').at(-1) ?? '';
  const ada = await person(0, 'lovelace-canary');
  const client = await signUp(url, ada);
  const room = await makeRoom(ada, client);
  await room.say(ada, client, 'text-canary');
  await client.send(new Uint8Array(1000).fill(65));
  client.socket.emit('frame', Buffer.from('frame-canary'));
  await client.greeted.ended;
  child.kill('SIGTERM');
  const { stderr } = await ended;
  const keys = readFileSync(join(dataDir, 'server-keys.json'), 'utf8').match(/[\w-]{40,}/g) ?? [];
  expect(keys.length).toBeGreaterThanOrEqual(5);
  for (const secret of ['canary', client.ticket().ticket, room.key, ...keys])
    expect(stderr).not.toContain(secret);
});
