/** One socket sends 10,000 frames a second, or one of 2 MB; another client chats on as if nothing were. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Bytes, isNack, randomBytes } from '@sotto/protocol';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bareAccount } from '../../lib/bare-account.ts';
import { type BareClient, bareClient, signUpBare } from '../../lib/bare-client.ts';
import { type BareMember, makeBareRoom, sealBeforehand } from '../../lib/bare-room.ts';
import { type Replica, startReplica } from '../../lib/replica.ts';

const folder = mkdtempSync(join(tmpdir(), 'sotto-flood-'));
let replica: Replica;
let chatting: BareMember;
let flooding: BareMember;

const signedUp = async (handle: string, index: number): Promise<BareMember> => {
  const account = await bareAccount(handle, index);
  return { account, client: await signUpBare(replica.url, account) };
};

beforeAll(async () => {
  replica = await startReplica({ dataDir: folder });
  chatting = await signedUp('calm', 0);
  flooding = await signedUp('flood', 1);
});
afterAll(async () => {
  await replica.kill('SIGTERM');
  rmSync(folder, { recursive: true });
});

/** Sends the envelopes one after the other; the milliseconds each took. Fails on any refusal. */
async function chat(client: BareClient, envelopes: readonly Bytes[]): Promise<number[]> {
  const took: number[] = [];
  for (const envelope of envelopes) {
    const begun = performance.now();
    const answer = await client.send(envelope);
    expect(isNack(answer) ? answer.error : null).toBeNull();
    took.push(performance.now() - begun);
  }
  return took.sort((a, b) => a - b);
}

const texts = Array.from({ length: 60 }, (_, i) => `calmly, ${i}`);

/** Emits `count` frames in bursts of one per millisecond tick until done or cut off; resolves with how many got out. */
async function flood(client: BareClient, count: number): Promise<number> {
  const junk = randomBytes(64);
  let emitted = 0;
  while (emitted < count && client.socket.connected) {
    for (let i = 0; i < 50; i++) client.socket.emit('frame', junk);
    emitted += 50;
    await new Promise((resolve) => setImmediate(resolve));
  }
  return emitted;
}

test('10,000 frames from one socket: it is told or cut off with a reason, the other chats on', async () => {
  const room = await makeBareRoom([chatting]);
  const envelopes = await sealBeforehand(room, chatting.account, texts);
  const reasons: string[] = [];
  flooding.client.socket.on('refused', (text: string) =>
    reasons.push((JSON.parse(text) as { code: string }).code),
  );
  flooding.client.socket.on('frame', () => reasons.push('frame'));
  flooding.client.socket.on('disconnect', (reason) => reasons.push(reason));
  const [emitted, took] = await Promise.all([
    flood(flooding.client, 10_000),
    chat(chatting.client, envelopes),
  ]);
  await expect.poll(() => reasons.length, { timeout: 10_000 }).toBeGreaterThan(0);
  console.log(
    `flood: ${emitted} frames, then ${[...new Set(reasons)].join(', ')}; the other client's median ${took[30]?.toFixed(1)} ms, worst ${took.at(-1)?.toFixed(1)} ms`,
  );
  expect(took.at(-1)).toBeLessThan(5_000);
});

test('well-formed calls past the limit are answered `rate_limited`, and those of the other are not', async () => {
  const client = await bareClient(replica.url, flooding.account);
  const results = await Promise.allSettled(Array.from({ length: 3_000 }, () => client.call('rooms', {})));
  const codes = new Set(
    results.map((r) => (r.status === 'fulfilled' ? 'ok' : (r.reason as { code?: string }).code)),
  );
  expect([...codes]).toContain('rate_limited');
  await expect(chatting.client.call('rooms', {})).resolves.toBeDefined();
  client.close();
});

test('a frame of 2 MB ends that connection alone', async () => {
  const client = await bareClient(replica.url, flooding.account);
  const ended = new Promise<string>((resolve) => client.socket.once('disconnect', resolve));
  client.socket.emit('frame', randomBytes(65_536).buffer.transfer(2 * 1024 * 1024));
  await ended;
  const room = await makeBareRoom([chatting]);
  await chat(chatting.client, await sealBeforehand(room, chatting.account, texts));
  // The account itself is not shut out.
  (await bareClient(replica.url, flooding.account)).close();
});
