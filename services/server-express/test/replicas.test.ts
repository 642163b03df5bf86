/** Two replicas over one redis-server: whatever is done at one is seen at the other. */
import { b64, LIMITS, type Notice } from '@sotto/protocol';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { isHint } from '../src/neighbours/hint.ts';
import { nextStatement, type Person, person } from './support/people.ts';
import { Greeted, type RawClient, signIn, signUp } from './support/raw-client.ts';
import { type Replicas, startReplicas } from './support/replicas.ts';
import { makeRoom, type Room } from './support/room.ts';

let replicas: Replicas;
let here: string;
let there: string;
let ada: Person;
let bob: Person;
let adas: RawClient;
let bobs: RawClient;
let room: Room;
let wire: Redis;
/** All that replicas said to each other over Redis. */
const heard: { channel: string; message: string }[] = [];

beforeAll(async () => {
  replicas = await startReplicas(2, { signupsPerHour: 4 });
  wire = new Redis(replicas.redis.url);
  wire.on('pmessage', (_pattern: string, channel: string, message: string) =>
    heard.push({ channel, message }),
  );
  await wire.psubscribe('*');
  [here, there] = replicas.all.map(({ url }) => url) as [string, string];
  [ada, bob] = await Promise.all([person(0, 'ada'), person(1, 'bob')]);
  adas = await signUp(here, ada);
  bobs = await signUp(there, bob);
  room = await makeRoom(ada, adas, bob);
});
afterAll(async () => {
  wire.disconnect();
  await replicas.dispose();
});

const has = <N extends Notice['notice']>(client: RawClient, notice: N, more: object) =>
  client.until(() => client.noticed(notice).some((n) => expect.objectContaining(more).asymmetricMatch(n)));

test('who is added at one replica follows the room at the other', async () => {
  await bobs.until(() =>
    bobs.noticed('room').some((n) => n.room.room === room.key && n.room.role === 'member'),
  );
  const seq = await room.say(ada, adas, 'hello over there');
  await bobs.until(() => bobs.live(room.room).has(seq));
});

test('messages of both are one log, and both have the same chain hash', async () => {
  const batch = 8;
  for (let i = 0; i < batch; i++) {
    await room.say(ada, adas, `ada ${i}`);
    await room.say(bob, bobs, `bob ${i}`);
  }
  const ask = { room: room.key, from: 1, limit: LIMITS.readEntries };
  const [a, b] = await Promise.all([adas.call('read', ask), bobs.call('read', ask)]);
  expect(a).toEqual(b);
  for (const client of [adas, bobs]) await client.until(() => client.live(room.room).has(a.head));
  const ofAda = adas.live(room.room);
  for (const [seq, bytes] of bobs.live(room.room)) expect(ofAda.get(seq) ?? bytes).toEqual(bytes);
});

test('typing, presence and cursors reach the other replica', async () => {
  const account = b64(ada.account);
  await adas.call('typing', { room: room.key, typing: true });
  await has(bobs, 'typing', { room: room.key, account, typing: true });
  expect(new Set((await bobs.call('presence', { room: room.key })).online)).toEqual(
    new Set([account, b64(bob.account)]),
  );
  const second = await signIn(there, ada);
  await adas.call('cursor.set', { room: room.key, seq: 3 });
  await has(second, 'cursor', { room: room.key, seq: 3 });
  second.close();
});

test('a device that leaves one replica does not make its owner offline while another is connected elsewhere', async () => {
  const account = b64(ada.account);
  const second = await signIn(there, ada);
  const before = bobs.noticed('presence').length;
  second.close();
  // Bob's replica says that she left it; hers says that she is still there.
  await bobs.until(() => bobs.noticed('presence').slice(before).at(-1)?.online === true);
  expect((await bobs.call('presence', { room: room.key })).online).toContain(account);
});

test('a session of one replica is resumed at the other without RSA', async () => {
  const greeted = await Greeted.connect(there);
  const { auth, channel } = await greeted.resumption(adas.ticket());
  const resumed = await greeted.welcome(auth, channel);
  expect(resumed.welcome.signature).toBeUndefined();
  expect(resumed.welcome.rooms.map((summary) => summary.room)).toEqual([room.key]);
  resumed.close();
});

test('limits are counted by all replicas together', async () => {
  const urls = [here, there, here];
  const codes = [];
  for (const [i, url] of urls.entries()) {
    const nobody = await signIn(url, null);
    const { creation } = await person(4 + i, `newcomer-${i}`);
    codes.push(
      await nobody.call('account.create', creation).then(
        () => 'ok',
        (error) => error.code,
      ),
    );
    nobody.close();
  }
  expect(codes).toEqual(['ok', 'ok', 'rate_limited']);
});

test('a removed member gets nothing from the other replica', async () => {
  const removed = await room.append(
    adas,
    await room.statement(ada, { type: 'member.remove', account: b64(bob.account) }),
  );
  await has(bobs, 'room', { room: expect.objectContaining({ role: null, until: removed }) });
  await room.renew(ada, adas);
  const seq = await room.say(ada, adas, 'not for bob');
  await adas.until(() => adas.live(room.room).has(seq));
  await bobs.call('rooms', {});
  expect(Math.max(...bobs.live(room.room).keys())).toBe(removed);
  await room.append(adas, await room.add(ada, bob));
  await has(bobs, 'room', { room: expect.objectContaining({ role: 'member', until: null }) });
  await room.renew(ada, adas);
});

test('new keys are hinted at, and a revoked device is cut off at the other replica', async () => {
  const second = await signIn(there, ada);
  const statement = await nextStatement(
    ada,
    { type: 'device.revoke', device: b64(ada.device) },
    ada.accountKey,
  );
  // The answer may not get through any more: the device revokes itself.
  adas.call('chain.extend', { statement }).catch(() => undefined);
  await has(bobs, 'keys', { account: b64(ada.account), seq: ada.chain.seq });
  await second.greeted.ended;
  expect(second.greeted.refusals.map(({ code }) => code)).toEqual(['device_revoked']);
});

test('what replicas say to each other is what the README documents, and holds ids alone', () => {
  const kinds = new Set<string>();
  const isIds = (value: unknown) =>
    Array.isArray(value) && value.every((id) => /^[\w-]{22}$/.test(id as string));
  for (const { channel, message } of heard) {
    const { type, data, requestId } = JSON.parse(message) as {
      type: number;
      data: [string, unknown];
      requestId?: string;
    };
    expect(type).toBe(6);
    if (channel === 'sotto-response#/#') {
      expect(isIds(data)).toBe(true);
    } else {
      expect(channel).toBe('sotto-request#/#');
      const [event, value] = data;
      if (event === 'hints') for (const hint of value as unknown[]) expect(isHint(hint)).toBe(true);
      else expect([event, isIds([value]), typeof requestId]).toEqual(['online', true, 'string']);
      kinds.add(event);
      if (event === 'hints') for (const { hint } of value as { hint: string }[]) kinds.add(hint);
    }
  }
  expect([...kinds].sort()).toEqual(
    ['cursor', 'hints', 'keys', 'let-in', 'online', 'presence', 'revoked', 'typing'].sort(),
  );
});
