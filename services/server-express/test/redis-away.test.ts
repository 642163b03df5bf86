/** Redis stands still, is killed, comes back: what a replica says meanwhile, and that it needs nobody's help. */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Bytes, isNack } from '@sotto/protocol';
import { unsafeEncryptionPair, unsafeSigningPair } from '@sotto/protocol/testing';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { keyMaterialOf, startReplica } from '../src/index.ts';
import { type Person, person } from './support/people.ts';
import { type RawClient, signIn, signUp } from './support/raw-client.ts';
import { type Replicas, startReplicas } from './support/replicas.ts';
import { makeRoom, type Room } from './support/room.ts';

const NOT_READY_WITHIN_MS = 10_000;

let replicas: Replicas;
let here: string;
let there: string;
let ada: Person;
let adas: RawClient;
let bobs: RawClient;
let room: Room;

beforeAll(async () => {
  replicas = await startReplicas(2);
  [here, there] = replicas.all.map(({ url }) => url) as [string, string];
  ada = await person(0, 'ada');
  const bob = await person(1, 'bob');
  adas = await signUp(here, ada);
  bobs = await signUp(there, bob);
  room = await makeRoom(ada, adas, bob);
});
afterAll(() => replicas.dispose());

const readyz = async (url: string): Promise<{ status: number; why: string }> => {
  const response = await fetch(`${url}/readyz`);
  return { status: response.status, why: (await response.text()).trim() };
};

/** Polls what an orchestrator polls; answers how long it took, in ms. */
async function untilReadyz(url: string, status: number): Promise<number> {
  const began = performance.now();
  while ((await readyz(url)).status !== status) {
    await once(AbortSignal.timeout(100), 'abort');
  }
  return performance.now() - began;
}

/** The same bytes again and again, as clients do, until they are acknowledged; each answer before is `unavailable`. */
async function sendUntilAcked(client: RawClient, envelope: Bytes): Promise<number> {
  for (;;) {
    const [answer] = await client.send(envelope);
    if (answer === undefined) throw new Error('no answer');
    if (!isNack(answer)) return answer.seq;
    expect(answer.error.code).toBe('unavailable');
    expect(answer.error.retryAfterMs).toBeGreaterThan(0);
    await once(AbortSignal.timeout(answer.error.retryAfterMs ?? 0), 'abort');
  }
}

test.each([
  ['stands still', 'SIGSTOP'],
  ['is killed', 'SIGKILL'],
] as const)('Redis %s', async (_name, signal) => {
  const { redis } = replicas;
  const said = await room.say(ada, adas, 'before');
  await bobs.until(() => bobs.live(room.room).has(said));
  if (signal === 'SIGKILL') await redis.end(signal);
  else redis.signal(signal);

  const took = await Promise.all([here, there].map((url) => untilReadyz(url, 503)));
  expect(Math.max(...took)).toBeLessThan(NOT_READY_WITHIN_MS);
  expect((await readyz(here)).why).toMatch(/^the store (cannot be reached|does not answer)$/);
  expect((await fetch(`${here}/healthz`)).status).toBe(200);

  // Sends, calls and handshakes get their answer, which is when to try again.
  const envelope = await room.message(ada, 'meanwhile');
  const [answer] = await adas.send(envelope);
  if (answer === undefined || !isNack(answer)) throw new Error('acknowledged without Redis');
  expect(answer.error).toMatchObject({ code: 'unavailable', retryAfterMs: expect.any(Number) });
  await expect(adas.call('rooms', {})).rejects.toMatchObject({ code: 'unavailable' });
  await expect(signIn(here, ada)).rejects.toMatchObject({ code: 'unavailable' });

  const acked = sendUntilAcked(adas, envelope);
  if (signal === 'SIGKILL') await redis.again();
  else redis.signal('SIGCONT');
  const seq = await acked;
  expect(seq).toBe(said + 1);
  await room.took(envelope, seq);
  await bobs.until(() => bobs.live(room.room).has(seq));
  await Promise.all([here, there].map((url) => untilReadyz(url, 200)));
  // The same connections as before.
  expect([adas.socket.connected, bobs.socket.connected]).toEqual([true, true]);
  await adas.call('typing', { room: room.key, typing: true });
});

test('somebody let in while hints are lost follows the room all the same', async () => {
  const carol = await person(2, 'carol');
  const carols = await signUp(there, carol);
  const admin = new Redis(replicas.redis.url);
  // Whoever listens for hints is thrown out just before; its replica looks once it listens again.
  await admin.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
  await room.append(adas, await room.add(ada, carol));
  admin.disconnect();
  await carols.until(() => carols.noticed('room').some((n) => n.room.room === room.key));
  await room.renew(ada, adas);
  const seq = await room.say(ada, adas, 'for carol too');
  await carols.until(() => carols.live(room.room).has(seq));
  carols.close();
});

test('a Redis that lost entries is noticed: everybody is sent to look', async () => {
  const admin = new Redis(replicas.redis.url);
  const keys = (await admin.keys('*')).filter((key) => /room:|log:/.test(key));
  const before = new Map(
    await Promise.all(keys.map(async (key) => [key, await admin.dumpBuffer(key)] as const)),
  );
  const head = await room.say(ada, adas, 'this will be gone');
  await bobs.until(() => bobs.live(room.room).has(head));
  for (const [key, dump] of before) await admin.restore(key, 0, dump as Buffer, 'REPLACE');
  admin.disconnect();
  await Promise.all([adas, bobs].map((client) => client.greeted.ended));
  const back = await signIn(here, ada);
  expect(back.welcome.rooms[0]?.head).toBe(head - 1);
  back.close();
});

test('a replica with other server keys is sent away with a sentence', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'sotto-other-'));
  const keySource = async () => keyMaterialOf(await unsafeSigningPair(46), await unsafeEncryptionPair(46));
  const options = { dataDir, keySource, port: 0, redisUrl: replicas.redis.url, logLevel: 'silent' } as const;
  await expect(startReplica(options)).rejects.toThrow('belongs to other server keys');
  rmSync(dataDir, { recursive: true });
});

test('a replica that has another Redis than before asks to be replaced', async () => {
  const replaced = Promise.withResolvers<string>();
  const replica = await replicas.add({ onReplaced: replaced.resolve });
  const admin = new Redis(replicas.redis.url);
  await admin.hset('{sotto:0}store', 'generation', randomUUID());
  await admin.call('CLIENT', 'KILL', 'TYPE', 'normal').catch(() => undefined);
  admin.disconnect();
  expect(await replaced.promise).toMatch(/another .*store/);
  await untilReadyz(replica.url, 503);
});
