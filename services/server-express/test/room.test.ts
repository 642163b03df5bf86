/** A room's life over the wire: made, joined, talked in, read within bounds, left. */
import {
  b64,
  chainStart,
  chainStep,
  encodeHistoryGrant,
  envelopeDigest,
  fingerprintOf,
  formatInviteLink,
  fromB64,
  importVerifyKey,
  isNack,
  LIMITS,
  makeInvite,
  openInvite,
  parseEnvelope,
  parseInviteLink,
  parseMembership,
  proveJoin,
  verifyReceipt,
} from '@sotto/protocol';
import { unsafeSigningPair } from '@sotto/protocol/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { creationField, nextStatement, type Person, person, point } from './support/people.ts';
import { type RawClient, signIn, signUp } from './support/raw-client.ts';
import { type TestReplica, testReplica } from './support/replica.ts';
import { makeRoom, Room } from './support/room.ts';

let replica: TestReplica;
let people: Person[];
let clients: RawClient[];
const [ADA, BOB, CYD] = [0, 1, 2] as const;
const who = (i: number): Person => people[i] as Person;
const client = (i: number): RawClient => clients[i] as RawClient;

beforeAll(async () => {
  replica = await testReplica();
  people = await Promise.all(['ada', 'bob', 'cyd', 'dee'].map((handle, i) => person(i, handle)));
  clients = await Promise.all(people.map((p) => signUp(replica.url, p)));
});
afterAll(() => replica.dispose());

const code = (c: string) => expect.objectContaining({ code: c });

test('a member that is added hears of the room, then everything from its entry on, in order', async () => {
  const room = await makeRoom(who(ADA), client(ADA), who(BOB));
  const bob = client(BOB);
  await bob.until(() => bob.noticed('room').some((n) => n.room.room === room.key));
  const texts = ['one', 'two', 'three'];
  for (const text of texts) await room.say(who(ADA), client(ADA), text);
  await bob.until(() => bob.live(room.room).has(6));
  expect([...bob.live(room.room).keys()]).toEqual([2, 3, 4, 5, 6]);
  const batch = bob.order.indexOf('entries');
  expect(bob.order.indexOf('room')).toBeLessThan(batch);
});

test('the ack names sequence, time and room chain, and leaves before the entry comes back', async () => {
  const room = await makeRoom(who(ADA), client(ADA));
  const ada = client(ADA);
  let chain = await chainStart(room.room);
  await ada.until(() => ada.live(room.room).size === 2);
  for (const [seq, bytes] of ada.live(room.room))
    chain = await chainStep(chain, seq, await envelopeDigest(bytes));
  ada.order.length = 0;
  const envelope = await room.message(who(ADA), 'hello');
  const [ack] = await ada.send(envelope);
  const expected = b64(await chainStep(chain, 3, await envelopeDigest(envelope)));
  expect(ack).toMatchObject({ room: room.key, seq: 3, chain: expected });
  await ada.until(() => ada.live(room.room).has(3));
  expect(ada.order.indexOf('acks')).toBeLessThan(ada.order.indexOf('entries'));
  await room.took(envelope, 3);
  expect(await ada.call('read', { room: room.key, from: 1, limit: 10 })).toEqual({
    count: 3,
    head: 3,
    chain: expected,
  });
});

test('thirty-two envelopes of one send are all appended, in order, and acknowledged together', async () => {
  const room = await makeRoom(who(ADA), client(ADA), who(BOB));
  const envelopes = [];
  for (let i = 0; i < LIMITS.envelopesPerSend; i++) {
    const envelope = await room.message(who(ADA), `number ${i}`);
    await room.took(envelope, 0);
    envelopes.push(envelope);
  }
  const answers = await client(ADA).send(...envelopes);
  expect(answers.map((a) => (isNack(a) ? a.error.code : a.seq))).toEqual(envelopes.map((_, i) => 4 + i));
  const bob = client(BOB);
  await bob.until(() => bob.live(room.room).has(3 + envelopes.length));
  const texts = bob.batches.filter((b) => b64(b.room) === room.key && b.from > 3);
  expect(texts.length).toBeLessThan(envelopes.length);
});

test('a receipt is signed by the server for what it handed out', async () => {
  const room = await makeRoom(who(ADA), client(ADA));
  const ada = client(ADA);
  const of = () => ada.noticed('receipts').flatMap((n) => n.receipts.filter((r) => r.room === room.key));
  await ada.until(() => of().some((r) => r.seq === 2));
  const receipt = of().find((r) => r.seq === 2);
  if (receipt === undefined) throw new Error('no receipt');
  const key = await importVerifyKey(fromB64(ada.greeted.hello.signKey));
  if (key === null) throw new Error('no key');
  const bytes = {
    ...receipt,
    room: fromB64(receipt.room),
    chain: fromB64(receipt.chain),
    path: receipt.path.map(fromB64),
    signature: fromB64(receipt.signature),
  };
  expect(await verifyReceipt(bytes, key)).toBe(true);
  const { chain } = await ada.call('read', { room: room.key, from: 1, limit: 1 });
  expect(receipt.chain).toBe(chain);
});

test('a newcomer reads statements and commits from the beginning, messages as digests until granted', async () => {
  const room = await makeRoom(who(ADA), client(ADA));
  await room.say(who(ADA), client(ADA), 'before your time');
  const since = await room.append(client(ADA), await room.add(who(ADA), who(CYD)));
  await room.renew(who(ADA), client(ADA));
  await room.say(who(ADA), client(ADA), 'welcome');
  const cyd = client(CYD);
  const read = async () => {
    const before = cyd.batches.length;
    await cyd.call('read', { room: room.key, from: 1, limit: 100 });
    const answer = cyd.batches.slice(before).find((b) => b.request !== 0);
    return answer?.entries.map((e) => (e.bytes.length === 32 ? 'digest' : 'whole'));
  };
  expect(since).toBe(4);
  expect(await read()).toEqual(['whole', 'whole', 'digest', 'whole', 'whole', 'whole']);
  const digest = cyd.batches.at(-1)?.entries[2]?.bytes;
  const original = client(ADA).live(room.room).get(3);
  if (original === undefined || digest === undefined) throw new Error('entry 3 is missing');
  expect(b64(digest)).toBe(b64(await envelopeDigest(original)));

  const devices = room.recipients();
  const secrets = [{ epoch: 1, secret: room.secret }];
  const body = await encodeHistoryGrant(room.room, who(CYD).account, 1, secrets, devices);
  await room.append(client(ADA), await room.grant(who(ADA), body));
  expect(await read()).toEqual(['whole', 'whole', 'whole', 'whole', 'whole', 'whole', 'whole']);
});

test('a removed member gets its removal as the last entry, reads up to it, and sends no more', async () => {
  const room = await makeRoom(who(ADA), client(ADA), who(BOB));
  const bob = client(BOB);
  await room.say(who(BOB), bob, 'still here');
  const remove = { type: 'member.remove' as const, account: b64(who(BOB).account) };
  const until = await room.append(client(ADA), await room.statement(who(ADA), remove));
  await bob.until(() => bob.noticed('room').some((n) => n.room.room === room.key && n.room.role === null));
  const late = await room.message(who(BOB), 'let me in');
  await room.renew(who(ADA), client(ADA));
  await room.say(who(ADA), client(ADA), 'among ourselves');
  const [answer] = await bob.send(late);
  expect(answer).toMatchObject({ error: { code: 'not_member' } });
  const read = await bob.call('read', { room: room.key, from: 1, limit: 100 });
  expect(read).toMatchObject({ count: until, head: until });
  expect(Math.max(...bob.live(room.room).keys())).toBe(until);
  expect(await bob.call('read', { room: room.key, from: until + 1, limit: 100 })).toMatchObject({ count: 0 });
  const { rooms } = await bob.call('rooms', {});
  expect(rooms.find((r) => r.room === room.key)).toMatchObject({ role: null, until, head: until, epoch: 1 });
  await expect(bob.call('wrap.fetch', { room: room.key, epoch: 2 })).rejects.toEqual(code('not_member'));
  await expect(bob.call('presence', { room: room.key })).rejects.toEqual(code('not_member'));
});

test('somebody joins by a link: sees what it leads to, proves the secret, is a member', async () => {
  const room = await makeRoom(who(ADA), client(ADA));
  await room.say(who(ADA), client(ADA), 'not for you');
  const preview = { roomName: 'Analysts', inviterHandle: 'ada' };
  const made = await makeInvite(room.room, preview, await unsafeSigningPair(20));
  await room.append(
    client(ADA),
    await room.statement(who(ADA), {
      type: 'invite.create',
      invite: b64(made.invite),
      key: b64(made.key),
      sealed: b64(made.sealed),
      expiresAt: Date.now() + LIMITS.inviteAgeMs,
      uses: 1,
    }),
  );
  const fingerprint = await fingerprintOf(fromB64(creationField(who(ADA), 0, 'accountKey')));
  const link = parseInviteLink(formatInviteLink(replica.url, { ...made, fingerprint }));
  if (link === null) throw new Error('no link');

  const cyd = client(CYD);
  const opened = await cyd.call('invite.open', { invite: b64(link.invite) });
  expect(opened).toMatchObject({ room: room.key, inviterHandle: 'ada', head: 4 });
  const { statement } = parseMembership(parseEnvelope(fromB64(opened.envelope)).body);
  if (statement.type !== 'invite.create') throw new Error('another statement');
  const inside = await openInvite(room.room, link, fromB64(statement.sealed));
  expect(inside?.preview).toEqual(preview);
  const introduced = await cyd.call('directory', { accounts: [b64(who(ADA).account)] });
  expect(introduced.accounts).toEqual([{ account: b64(who(ADA).account), handle: 'ada', seq: 3 }]);

  await cyd.call('invite.read', { invite: b64(link.invite), from: 1, limit: 100 });
  const batch = cyd.batches.at(-1);
  expect(batch?.entries.map((e) => e.bytes.length > 32)).toEqual([true, true, false, true]);

  const own = await fingerprintOf(fromB64(creationField(who(CYD), 0, 'accountKey')));
  const proof = await proveJoin(inside?.key as CryptoKey, room.room, link.invite, who(CYD).account, own);
  const join = {
    type: 'member.join' as const,
    invite: b64(link.invite),
    chain: point(who(CYD)),
    fingerprint: b64(own),
    proof: b64(proof),
  };
  const since = await room.append(cyd, await room.statement(who(CYD), join));
  await cyd.until(() => cyd.live(room.room).has(since));
  expect(Math.min(...cyd.live(room.room).keys())).toBe(since);
  await room.renew(who(CYD), cyd);
  await room.say(who(CYD), cyd, 'thank you');
  await client(ADA).until(() =>
    client(ADA)
      .live(room.room)
      .has(since + 2),
  );

  const dee = client(3);
  await expect(dee.call('invite.open', { invite: b64(link.invite) })).rejects.toEqual(code('invite_invalid'));
  const unmade = await room.message(who(3), 'me too');
  expect(await dee.send(unmade)).toMatchObject([{ error: { code: 'not_member' } }]);
});

test('handles are told to those who share a room, and to nobody else', async () => {
  const ada = client(ADA);
  await makeRoom(who(ADA), ada, who(BOB));
  const asked = [who(ADA), who(BOB), who(3)].map((p) => b64(p.account));
  const { accounts } = await ada.call('directory', { accounts: asked });
  expect(accounts.map((a) => a.handle)).toEqual(['ada', 'bob']);
});

test('a device fetches its own wrap with a path, and everybody can list the recipients', async () => {
  const room = await makeRoom(who(ADA), client(ADA), who(BOB));
  const wrap = await client(BOB).call('wrap.fetch', { room: room.key, epoch: 1 });
  expect(wrap).toMatchObject({ size: 2 });
  expect(wrap.path).toHaveLength(1);
  const { recipients } = await client(BOB).call('recipients.fetch', { room: room.key, epoch: 1 });
  expect(fromB64(recipients)).toHaveLength(2 * 64);
});

test('a longer key chain is told to all who share a room; a commit to the older keys is refused', async () => {
  const room = await makeRoom(who(ADA), client(ADA), who(BOB));
  const stale = room.recipients();
  const key = creationField(await person(9, 'spare'), 2, 'key');
  const number = 1 + (who(BOB).chain.devices.values().next().value?.keys.length ?? 0);
  const body = { type: 'key.publish' as const, device: b64(who(BOB).device), number, key };
  const statement = await nextStatement(who(BOB), body, who(BOB).deviceKey);
  const { seq } = await client(BOB).call('chain.extend', { statement });
  const ada = client(ADA);
  await ada.until(() =>
    ada.noticed('keys').some((n) => n.seq === seq && n.account === b64(who(BOB).account)),
  );
  const old = await room.commit(who(ADA), ada, { recipients: stale });
  expect(await ada.send(old.envelope)).toMatchObject([{ error: { code: 'keys_stale' } }]);
  await room.renew(who(ADA), ada);
});

test('read positions reach the other devices, typing and presence the other members', async () => {
  const room = await makeRoom(who(ADA), client(ADA), who(BOB));
  const second = await signIn(replica.url, who(ADA));
  expect(second.welcome.rooms.find((r) => r.room === room.key)).toMatchObject({
    head: 3,
    role: 'owner',
    cursor: 0,
  });
  await client(ADA).call('cursor.set', { room: room.key, seq: 2 });
  await second.until(() => second.noticed('cursor').some((n) => n.room === room.key && n.seq === 2));
  const bob = client(BOB);
  await client(ADA).call('typing', { room: room.key, typing: true });
  await bob.until(() => bob.noticed('typing').some((n) => n.account === b64(who(ADA).account)));
  await bob.until(() => bob.live(room.room).has(3));
  const { online } = await bob.call('presence', { room: room.key });
  expect(online.sort()).toEqual([b64(who(ADA).account), b64(who(BOB).account)].sort());
  second.close();
  bob.close();
  const ada = client(ADA);
  await ada.until(() => ada.noticed('presence').some((n) => n.room === room.key && !n.online));
  clients[BOB] = await signIn(replica.url, who(BOB));
});

test('what was sent while away is there on return: the welcome names the head, reading catches up', async () => {
  const room = await makeRoom(who(ADA), client(ADA), who(BOB));
  client(BOB).close();
  for (const text of ['a', 'b', 'c']) await room.say(who(ADA), client(ADA), text);
  const bob = await signIn(replica.url, who(BOB));
  clients[BOB] = bob;
  expect(bob.welcome.rooms.find((r) => r.room === room.key)).toMatchObject({ head: 6 });
  await room.say(who(ADA), client(ADA), 'd');
  await bob.until(() => bob.live(room.room).has(7));
  expect([...bob.live(room.room).keys()]).toEqual([7]);
  expect(await bob.call('read', { room: room.key, from: 4, limit: 2 })).toMatchObject({ count: 2, head: 7 });
});

test('two rooms of one socket do not wait for each other', async () => {
  const [one, two] = [await Room.of(who(ADA)), await Room.of(who(ADA))];
  const envelopes = [await one.create(who(ADA)), await two.create(who(ADA))];
  const answers = await client(ADA).send(...envelopes);
  expect(answers.map((a) => (isNack(a) ? a.error : a.seq))).toEqual([1, 1]);
});
