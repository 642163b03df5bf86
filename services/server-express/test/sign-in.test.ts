/** Sign-up, login, resumption, and all the ways in which a handshake is refused. */
import { b64, LIMITS, randomBytes, SottoError, sealTicket } from '@sotto/protocol';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { serverKeysOf } from '../src/keys/server-keys.ts';
import { creationField, nextStatement, type Person, person } from './support/people.ts';
import { Greeted, type RawClient, signIn, signUp } from './support/raw-client.ts';
import { type TestReplica, testMaterial, testReplica } from './support/replica.ts';

let replica: TestReplica;
let ada: Person;

beforeAll(async () => {
  replica = await testReplica();
  ada = await person(0, 'ada');
  (await signUp(replica.url, ada)).close();
});
afterAll(() => replica.dispose());

const refused = (code: string) => expect.objectContaining({ code });

/** The refusal of an `auth` text, and that the connection was closed after it. */
async function refusalOf(text: unknown): Promise<SottoError> {
  const greeted = await Greeted.connect(replica.url);
  greeted.socket.emit('auth', text);
  await greeted.ended;
  expect(greeted.refusals).toHaveLength(1);
  return SottoError.fromWire(greeted.refusals[0] ?? { code: 'internal' });
}

async function resume(client: RawClient): Promise<RawClient> {
  const greeted = await Greeted.connect(replica.url);
  const { auth, channel } = await greeted.resumption(client.ticket());
  return greeted.welcome(auth, channel);
}

test('a device signs in, over WebSocket and over long-polling', async () => {
  const client = await signIn(replica.url, ada);
  expect(client.welcome).toMatchObject({ chainSeq: 3, rooms: [] });
  client.close();
  const greeted = await Greeted.connect(replica.url, 'polling');
  const { auth, channel } = await greeted.auth(ada);
  const polling = await greeted.welcome(auth, channel);
  expect(await polling.call('rooms', {})).toEqual({ rooms: [] });
  polling.close();
});

test('a handle can be had once, and its commitment must be the one that was signed', async () => {
  const nobody = await signIn(replica.url, null);
  const other = await person(1, 'ada');
  await expect(nobody.call('account.create', other.creation)).rejects.toEqual(refused('handle_taken'));
  const liar = await person(1, 'grace', 'mallory');
  await expect(nobody.call('account.create', liar.creation)).rejects.toEqual(refused('bad_statement'));
  await expect(nobody.call('account.create', ada.creation)).rejects.toBeInstanceOf(SottoError);
  nobody.close();
});

test.each(['Ada', 'аda', 'ａda', 'ad​a', 'a', '-ada', 'ada lovelace', 'ä'.normalize('NFD').repeat(2)])(
  'the handle %j is none, however much it looks like one',
  async (handle) => {
    const nobody = await signIn(replica.url, null);
    const creation = { ...(await person(1, 'grace')).creation, handle };
    await expect(nobody.call('account.create', creation)).rejects.toEqual(refused('bad_handle'));
    await expect(nobody.call('backup.method', { handle })).rejects.toEqual(refused('bad_handle'));
    nobody.close();
  },
);

test('what needs a device is refused to an anonymous session, which goes on', async () => {
  const nobody = await signIn(replica.url, null);
  await expect(nobody.call('rooms', {})).rejects.toEqual(refused('auth_required'));
  expect(await nobody.call('backup.method', { handle: 'ada' })).toMatchObject({ account: b64(ada.account) });
  nobody.close();
});

test('a ticket resumes the session without RSA, and can be used again', async () => {
  const first = await signIn(replica.url, ada);
  first.close();
  const second = await resume(first);
  expect(second.welcome.signature).toBeUndefined();
  expect(await second.call('rooms', {})).toEqual({ rooms: [] });
  second.close();
  const third = await resume(second);
  third.close();
});

test('a change of the key chain voids the ticket; the same connection then signs in with the device key', async () => {
  const client = await signIn(replica.url, ada);
  const key = creationField(await person(1, 'grace'), 2, 'key');
  const body = { type: 'key.publish' as const, device: b64(ada.device), number: 2, key };
  const published = await nextStatement(ada, body, ada.deviceKey);
  expect(await client.call('chain.extend', { statement: published })).toEqual({ seq: 4 });
  client.close();

  const greeted = await Greeted.connect(replica.url);
  const stale = await greeted.resumption(client.ticket());
  await expect(greeted.welcome(stale.auth, stale.channel)).rejects.toEqual(refused('ticket_invalid'));
  const fresh = await greeted.auth(ada);
  const again = await greeted.welcome(fresh.auth, fresh.channel);
  expect(again.welcome.chainSeq).toBe(4);
  again.close();
});

test('tickets that are too old, foreign or proven with another secret are void', async () => {
  const keys = await serverKeysOf(await testMaterial());
  const secret = randomBytes(32);
  const mine = {
    account: b64(ada.account),
    device: b64(ada.device),
    chainSeq: ada.chain.seq,
    secret: b64(secret),
  };
  const old = await sealTicket(keys.ticketKey, randomBytes(12), {
    ...mine,
    issuedAt: Date.now() - LIMITS.ticketAgeMs - 1000,
  });
  const good = await sealTicket(keys.ticketKey, randomBytes(12), { ...mine, issuedAt: Date.now() });
  const greeted = await Greeted.connect(replica.url);
  for (const ticket of [
    { ticket: b64(old), secret },
    { ticket: b64(randomBytes(good.length)), secret },
    { ticket: b64(good), secret: randomBytes(32) },
  ]) {
    const { auth, channel } = await greeted.resumption(ticket);
    await expect(greeted.welcome(auth, channel)).rejects.toEqual(refused('ticket_invalid'));
  }
  const { auth, channel } = await greeted.resumption({ ticket: b64(good), secret });
  (await greeted.welcome(auth, channel)).close();
});

test('a device signature by another key is no login', async () => {
  const greeted = await Greeted.connect(replica.url);
  const { auth, channel } = await greeted.auth(ada, { signature: b64(randomBytes(384)) });
  await expect(greeted.welcome(auth, channel)).rejects.toEqual(refused('auth_failed'));
  await greeted.ended;
});

test('a newer protocol version is told so by name', async () => {
  const error = await refusalOf(JSON.stringify({ version: 2, shiny: true }));
  expect(error.code).toBe('unsupported_version');
  expect(error.detail).toContain('2');
  expect(error.detail).toContain('speaks 1');
});

test.each([
  ['no JSON', '{'],
  ['another shape', JSON.stringify({ version: 1, nonce: 7 })],
  ['null', 'null'],
  ['no text', { version: 1 }],
  ['deeply nested', `${'['.repeat(50_000)}${']'.repeat(50_000)}`],
])('an auth that is %s is refused with a sentence', async (_name, text) => {
  expect((await refusalOf(text)).code).toBe('bad_request');
});

test('a frame before the handshake is refused with a sentence', async () => {
  const greeted = await Greeted.connect(replica.url);
  greeted.socket.emit('frame', randomBytes(50));
  await greeted.ended;
  expect(greeted.refusals).toEqual([expect.objectContaining({ code: 'auth_required' })]);
});

test('a revoked device is told so and cut off, and cannot come back', async () => {
  const edith = await person(2, 'edith');
  const client = await signUp(replica.url, edith);
  const before = edith.chain;
  const revoke = { type: 'device.revoke' as const, device: b64(edith.device), by: b64(edith.device) };
  const statement = await nextStatement(edith, revoke, edith.deviceKey);
  client.call('chain.extend', { statement }).catch(() => undefined);
  await client.greeted.ended;
  expect(client.greeted.refusals).toEqual([expect.objectContaining({ code: 'device_revoked' })]);
  edith.chain = before;
  await expect(signIn(replica.url, edith)).rejects.toEqual(refused('device_revoked'));
});

test('the backup is for who proves the words; tries are counted for the handle', async () => {
  const alan = await person(3, 'alan');
  const client = await signUp(replica.url, alan);
  await client.call('backup.put', { items: [{ name: 'epochs/1', sealed: b64(randomBytes(60)) }] });
  const nobody = await signIn(replica.url, null);
  const fetched = await nobody.call('backup.fetch', { handle: 'alan', auth: b64(alan.backupAuth) });
  expect(fetched.wrapped).toBe(alan.creation.backup.wrapped);
  // A signed-in device reads the items without the words, and nobody else's.
  expect(await client.call('backup.read', {})).toEqual({ items: fetched.items, next: null });
  await expect(nobody.call('backup.read', {})).rejects.toEqual(refused('auth_required'));
  client.close();
  expect(fetched.items.map((item) => item.name)).toEqual(['account-key', 'epochs/1']);
  expect(fetched.next).toBeNull();
  const wrong = nobody.call('backup.fetch', { handle: 'alan', auth: b64(randomBytes(32)) });
  await expect(wrong).rejects.toEqual(refused('auth_failed'));
  // The same connection may try again: the person mistyped a word.
  await nobody.call('backup.fetch', { handle: 'alan', auth: b64(alan.backupAuth) });
  nobody.close();
});

test('after too many tries at a backup even the right words wait', async () => {
  const strict = await testReplica({ restoreTriesPerHour: 2 });
  const alan = await person(3, 'alan');
  (await signUp(strict.url, alan)).close();
  for (let i = 0; i < 2; i++) {
    const nobody = await signIn(strict.url, null);
    const wrong = nobody.call('backup.fetch', { handle: 'alan', auth: b64(randomBytes(32)) });
    await expect(wrong).rejects.toEqual(refused('auth_failed'));
  }
  const nobody = await signIn(strict.url, null);
  const right = nobody.call('backup.fetch', { handle: 'alan', auth: b64(alan.backupAuth) });
  await expect(right).rejects.toEqual(
    expect.objectContaining({ code: 'rate_limited', retryAfterMs: expect.any(Number) }),
  );
  nobody.close();
  await strict.dispose();
});

test('sign-ups from one address are counted', async () => {
  const strict = await testReplica({ signupsPerHour: 1 });
  (await signUp(strict.url, await person(3, 'alan'))).close();
  await expect(signUp(strict.url, await person(4, 'alonzo'))).rejects.toEqual(refused('rate_limited'));
  await strict.dispose();
});

test('a restored client admits its device by the account key alone', async () => {
  const first = await person(5, 'barbara');
  (await signUp(replica.url, first)).close();
  const second = await person(6, 'unused');
  const { deviceKey } = second;
  const spki = creationField(second, 1, 'deviceKey');
  const key = creationField(second, 2, 'key');
  const added = await nextStatement(first, { type: 'device.add', deviceKey: spki }, first.accountKey);
  const body = { type: 'key.publish' as const, device: b64(second.device), number: 1, key };
  const published = await nextStatement(first, body, deviceKey);
  const nobody = await signIn(replica.url, null);
  expect(await nobody.call('device.add', { statements: [added, published] })).toEqual({ seq: 5 });
  nobody.close();
  const restored = { ...first, device: second.device, deviceKey };
  (await signIn(replica.url, restored)).close();
});
