/** Bad frames, floods and peers that do not read: they end with a reason, and another client notices nothing. */
import type { Socket } from 'node:net';
import { b64, concat, encodeEnvelopes, LIMITS, randomBytes, u32, zeros } from '@sotto/protocol';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { Bystander } from './support/bystander.ts';
import { type Person, person } from './support/people.ts';
import { type RawClient, signIn, signUp } from './support/raw-client.ts';
import { type TestReplica, testReplica } from './support/replica.ts';
import { makeRoom } from './support/room.ts';

let replica: TestReplica;
let ada: Person;
let adas: RawClient;
let bystander: Bystander;

beforeAll(async () => {
  replica = await testReplica();
  ada = await person(0, 'ada');
  adas = await signUp(replica.url, ada);
  bystander = await Bystander.of(replica.url);
});
afterAll(() => replica.dispose());
afterEach(() => bystander.chat(1));

test('a send of random bytes, of nothing, of more than allowed', async () => {
  for (const blob of [randomBytes(100), zeros(0), concat(u32(50), zeros(10))]) {
    const client = await signIn(replica.url, ada);
    client.socket.emit('send', blob);
    await client.until(() => client.answers().length > 0);
    expect(client.answers()).toMatchObject([{ error: { code: 'bad_frame' } }]);
    await client.greeted.ended;
    expect(client.greeted.refusals.map((e) => e.code)).toEqual(['bad_frame']);
  }
  const client = await signIn(replica.url, ada);
  client.socket.emit(
    'send',
    encodeEnvelopes(Array.from({ length: LIMITS.envelopesPerSend + 1 }, () => zeros(1))),
  );
  await client.until(() => client.answers().length > 0);
  expect(client.answers()).toMatchObject([{ error: { code: 'too_large' } }]);
  await client.call('rooms', {});
  client.close();
});

test('frames of random bytes end the connection with a sentence', async () => {
  for (const length of [0, 1, 16, 1000]) {
    const client = await signIn(replica.url, ada);
    client.socket.emit('frame', randomBytes(length));
    await client.greeted.ended;
    expect(client.greeted.refusals.map((e) => e.code)).toEqual(['bad_frame']);
  }
});

test.each([
  ['no arguments', { call: 'read' }],
  ['arguments of another shape', { call: 'read', args: { room: 7 } }],
  ['an unknown call', { call: 'drop.tables', args: {} }],
  ['a call from Object.prototype', { call: 'toString', args: {} }],
  ['too much', { call: 'rooms', args: { more: true } }],
  ['base64url that is none', { call: 'read', args: { room: '!'.repeat(22), from: 1, limit: 1 } }],
  ['numbers past all bounds', { call: 'read', args: { room: b64(zeros(16)), from: 1e300, limit: -1 } }],
])('JSON of the wrong shape: %s', async (_name, value) => {
  await expect(adas.rawCall({ id: 4_000_000, ...value })).rejects.toMatchObject({ code: 'bad_request' });
  await adas.call('rooms', {});
});

test.each([
  ['a list', []],
  ['null', null],
  ['no number', { call: 'rooms', args: {} }],
])('a frame that holds %s cannot be answered, and says so', async (_name, value) => {
  const client = await signIn(replica.url, ada);
  client.rawFrame(value);
  await client.greeted.ended;
  expect(client.greeted.refusals.map((e) => e.code)).toEqual(['bad_request']);
});

test.each([
  ['an unknown event', (c: RawClient) => c.socket.emit('shutdown', 'now')],
  ['text instead of bytes', (c: RawClient) => c.socket.emit('frame', 'text')],
  ['a nested value', (c: RawClient) => c.socket.emit('send', { a: [{ b: new Uint8Array(3) }] })],
])('%s ends the connection with a sentence', async (_name, emit) => {
  const client = await signIn(replica.url, ada);
  emit(client);
  await client.greeted.ended;
  expect(client.greeted.refusals.map((e) => e.code)).toEqual(['bad_frame']);
});

test('Socket.IO packets that no client makes end their connection alone', async () => {
  const nested = `51-["send",${'['.repeat(40_000)}${']'.repeat(40_000)}]`;
  for (const packet of ['2', '9', '2[', '51-["send",{"_placeholder":true,"num":9}]', nested, '0/nowhere,']) {
    const client = await signIn(replica.url, ada);
    client.socket.io.engine.write(packet);
    client.socket.io.engine.write(packet);
    if (packet !== '0/nowhere,') await client.greeted.ended;
    client.close();
  }
});

test.each(['frame', 'send', 'auth'])(
  'a %s of 2 MB is refused with a reason and ends that connection alone',
  async (event) => {
    const client = await signIn(replica.url, ada);
    client.socket.emit(event, zeros(2 * 1024 * 1024));
    await client.greeted.ended;
    expect(client.greeted.refusals.map((e) => e.code)).toEqual(['too_large']);
    await adas.call('rooms', {});
  },
);

test('what is longer than a replica reads at all ends that connection alone', async () => {
  const client = await signIn(replica.url, ada);
  client.socket.emit('frame', zeros(LIMITS.frameReadBytes + 1));
  await client.greeted.ended;
  await adas.call('rooms', {});
});

test('10,000 frames at once: told to slow down, then cut off with a reason; the other chats on', async () => {
  const client = await signIn(replica.url, ada);
  const codes = new Set<string>();
  const calls = Array.from({ length: 10_000 }, (_, i) =>
    client.rawCall({ id: i + 1, call: 'rooms', args: {} }).catch((e: { code?: string }) => {
      codes.add(e.code ?? 'gone');
    }),
  );
  const worst = await bystander.chat(50);
  await Promise.all([client.greeted.ended, ...calls]);
  expect(client.greeted.refusals.map((e) => e.code)).toEqual(['rate_limited']);
  expect(codes).toContain('rate_limited');
  expect(worst).toBeLessThan(2000);
});

test('a peer that asks for the log and reads none of it is cut off; the log is still there', async () => {
  const own = await makeRoom(ada, adas);
  const text = 'x'.repeat(40_000);
  for (let i = 0; i < 30; i++) await own.say(ada, adas, text);
  const client = await signIn(replica.url, ada);
  const { _socket: tcp } = (client.socket.io.engine.transport as unknown as { ws: { _socket: Socket } }).ws;
  tcp.pause();
  for (let i = 1; i <= 100; i++) {
    client.rawFrame({ id: i, call: 'read', args: { room: own.key, from: 1, limit: 256 } });
  }
  const cutOff = async () =>
    (await (await fetch(`${replica.url}/metrics`)).text()).includes('code="slow_reader"} 1');
  await expect.poll(cutOff, { timeout: 10_000, interval: 250 }).toBe(true);
  tcp.resume();
  await client.greeted.ended;
  expect(await adas.call('read', { room: own.key, from: 1, limit: 1 })).toMatchObject({ head: 32 });
});
