/**
 * Bad envelopes get a code and a sentence; nothing is stored, nothing crashes, and another client notices nothing: every test
 * here runs beside somebody who goes on chatting.
 */
import {
  type Bytes,
  b64,
  ERRORS,
  HEADER_BYTES,
  isNack,
  LIMITS,
  type Nack,
  randomBytes,
  zeros,
} from '@sotto/protocol';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { Bystander } from './support/bystander.ts';
import { creationField, nextStatement, type Person, person, point } from './support/people.ts';
import { type RawClient, signIn, signUp } from './support/raw-client.ts';
import { type TestReplica, testReplica } from './support/replica.ts';
import { makeRoom, Room } from './support/room.ts';

let replica: TestReplica;
let ada: Person;
let bob: Person;
let adas: RawClient;
let bobs: RawClient;
let room: Room;
let bystander: Bystander;

beforeAll(async () => {
  replica = await testReplica();
  [ada, bob] = [await person(0, 'ada'), await person(1, 'bob')];
  adas = await signUp(replica.url, ada);
  bobs = await signUp(replica.url, bob);
  room = await makeRoom(ada, adas);
  bystander = await Bystander.of(replica.url);
});
afterAll(() => replica.dispose());

afterEach(() => bystander.chat(1));

const headOf = async (client: RawClient, r: Room): Promise<number> =>
  (await client.call('read', { room: r.key, from: 1, limit: 1 })).head;

/** Sends an envelope that must be refused with `code`, and leaves nothing behind; the device goes on with the next one. */
async function refusal(envelope: Bytes, code: string, client = adas): Promise<Nack> {
  const head = await headOf(adas, room);
  const [answer] = await client.send(envelope);
  if (answer === undefined || !isNack(answer)) throw new Error('it was admitted');
  expect(answer.error).toMatchObject({ code, sentence: ERRORS[code as keyof typeof ERRORS].sentence });
  expect(await headOf(adas, room)).toBe(head);
  return answer;
}

const edited = (envelope: Bytes, offset: number, ...bytes: number[]): Bytes => {
  const copy = envelope.slice();
  copy.set(bytes, offset);
  return copy;
};

test('envelope too large', async () => {
  await refusal(zeros(LIMITS.envelopeBytes + 1), 'too_large');
});

test('envelope too short', async () => {
  const envelope = await room.message(ada, 'short');
  await refusal(envelope.slice(0, 228 + 384), 'bad_envelope');
  await refusal(zeros(0), 'bad_envelope');
});

test('wrong suite, magic, kind, flags', async () => {
  const envelope = await room.message(ada, 'x');
  for (const [offset, byte] of [
    [4, 2],
    [0, 0],
    [5, 9],
    [6, 1],
  ] as const) {
    await refusal(edited(envelope, offset, byte), 'bad_envelope');
  }
});

test('wrong room: one that does not exist, and one that is somebody else’s', async () => {
  await refusal(await room.message(ada, 'x', { room: randomBytes(16) }), 'unknown_room');
  await refusal(await room.message(ada, 'x', { room: bystander.room.room }), 'not_member');
});

test('not a member', async () => {
  await refusal(await room.message(bob, 'x'), 'not_member', bobs);
  await refusal((await room.commit(bob, bobs, { stage: false })).envelope, 'not_member', bobs);
  await refusal(await room.statement(bob, { type: 'member.leave' }), 'not_member', bobs);
});

test('somebody else’s envelope, word for word', async () => {
  await refusal(await room.message(ada, 'x'), 'not_entitled', bobs);
});

test('an anonymous session', async () => {
  const nobody = await signIn(replica.url, null);
  await refusal(await room.message(ada, 'x'), 'auth_required', nobody);
  nobody.close();
});

test('removed member', async () => {
  const other = await makeRoom(ada, adas, bob);
  const remove = { type: 'member.remove' as const, account: b64(bob.account) };
  await other.append(adas, await other.statement(ada, remove));
  const [answer] = await bobs.send(await other.message(bob, 'x'));
  expect(answer).toMatchObject({ error: { code: 'not_member' } });
});

test('unknown device, and one that was revoked meanwhile', async () => {
  await refusal(await room.message(ada, 'x', { device: randomBytes(16) }), 'not_entitled');
  const cyd = await person(3, 'cyd');
  const first = await signUp(replica.url, cyd);
  const spare = await person(4, 'spare');
  const deviceKey = creationField(spare, 1, 'deviceKey');
  const added = await nextStatement(cyd, { type: 'device.add', deviceKey }, cyd.accountKey);
  await first.call('chain.extend', { statement: added });
  const second = await signIn(replica.url, { ...cyd, device: spare.device, deviceKey: spare.deviceKey });
  const own = await makeRoom(cyd, first);
  const envelope = await own.message({ ...cyd, device: spare.device, deviceKey: spare.deviceKey }, 'x');
  const revoke = { type: 'device.revoke' as const, device: b64(spare.device) };
  const revoked = await nextStatement(cyd, revoke, cyd.accountKey);
  // Both on their way at once: whichever comes first, nothing of the revoked device may follow its revocation.
  const answer = second.send(envelope).catch(() => null);
  await first.call('chain.extend', { statement: revoked });
  await second.greeted.ended;
  expect(second.greeted.refusals.map((e) => e.code)).toEqual(['device_revoked']);
  await answer;
  first.close();
});

test('stale epoch: before a due commit, with another epoch, with another commit', async () => {
  const other = await Room.of(ada);
  await other.append(adas, await other.create(ada));
  const [due] = await adas.send(await other.message(ada, 'x'));
  expect(due).toMatchObject({ error: { code: 'epoch_stale' } });
  await refusal(await room.message(ada, 'x', { epoch: 2 }), 'epoch_stale');
  await refusal(await room.message(ada, 'x', { commit: randomBytes(16) }), 'epoch_stale');
});

test('stale keys, missing wraps, another tree, stale membership and a lost race in a commit', async () => {
  const spare = await person(4, 'spare');
  const [own] = room.recipients();
  if (own === undefined) throw new Error('no recipients');
  const ghost = { ...own, device: spare.device };
  await refusal((await room.commit(ada, adas, { recipients: [own, ghost] })).envelope, 'keys_stale');
  await refusal(
    (await room.commit(ada, adas, { recipients: [{ ...own, keyId: randomBytes(16) }] })).envelope,
    'keys_stale',
  );
  await refusal((await room.commit(ada, adas, { stage: false })).envelope, 'wraps_missing');
  await refusal((await room.commit(ada, adas, { membership: randomBytes(32) })).envelope, 'membership_stale');
  const [one, two] = [await room.commit(ada, adas), await room.commit(ada, adas)];
  const wraps = two.made.wraps.map((w) => ({
    device: b64(w.device),
    keyId: b64(w.keyId),
    wrap: b64(w.wrap),
  }));
  const mixed = await room.commit(ada, adas, { stage: false });
  await adas.call('wraps.stage', { room: room.key, commit: b64(mixed.envelope.slice(88, 104)), wraps });
  await refusal(mixed.envelope, 'bad_envelope');
  await room.append(adas, one.envelope, one.made);
  await refusal(two.envelope, 'commit_stale');
});

test('wrong signature', async () => {
  const envelope = await room.message(ada, 'x');
  await refusal(edited(envelope, envelope.length - 1, (envelope.at(-1) ?? 0) ^ 1), 'bad_signature');
  await refusal(edited(envelope, 300, (envelope[300] ?? 0) ^ 1), 'bad_signature');
});

test('sender sequence gap, backwards and forwards, and another predecessor', async () => {
  await room.say(ada, adas, 'one more');
  const { deviceSeq } = room.draft(ada);
  await refusal(await room.message(ada, 'x', { deviceSeq: deviceSeq + 1 }), 'sequence_gap');
  await refusal(await room.message(ada, 'x', { deviceSeq: deviceSeq - 1 }), 'sequence_gap');
  await refusal(await room.message(ada, 'x', { previous: randomBytes(32) }), 'sequence_gap');
});

test('a refused envelope in the middle: those after it in the send get sequence_gap, another room’s do not', async () => {
  const good = await room.message(ada, 'good');
  await room.took(good, 0);
  const bad = edited(await room.message(ada, 'bad'), 300, 0, 1, 2, 3);
  await room.took(bad, 0);
  const after = await room.message(ada, 'after');
  const other = await Room.of(ada);
  const answers = await adas.send(good, bad, after, await other.create(ada));
  const outcome = answers.map((a) => (isNack(a) ? a.error.code : 'ok'));
  expect(outcome).toEqual(['ok', 'bad_signature', 'sequence_gap', 'ok']);
  room = await makeRoom(ada, adas);
});

test('a replayed envelope gets its first ack again; its id with other bytes is refused', async () => {
  const envelope = await room.message(ada, 'once');
  const [first] = await adas.send(envelope);
  if (first === undefined || isNack(first)) throw new Error('refused');
  await room.took(envelope, first.seq);
  await room.say(ada, adas, 'later');
  expect(await adas.send(envelope)).toEqual([first]);
  const again = await room.message(ada, 'twice', { id: envelope.slice(88, 104) });
  await refusal(again, 'id_reused');
});

test('a replayed statement and a replayed commit get their first ack again too', async () => {
  const other = await Room.of(ada);
  const create = await other.create(ada);
  await other.append(adas, create);
  const add = await other.add(ada, bob);
  await other.append(adas, add);
  const { envelope: commit, made } = await other.commit(ada, adas);
  await other.append(adas, commit, made);
  const answers = await adas.send(create, add, commit);
  expect(answers.map((a) => (isNack(a) ? a.error.code : a.seq))).toEqual([1, 2, 3]);
});

test('statements that are not allowed: roles, chain points, twice the same member', async () => {
  await refusal(
    await room.statement(ada, {
      type: 'member.add',
      account: b64(bob.account),
      role: 'member',
      chain: { ...point(bob), seq: 99 },
    }),
    'chain_stale',
  );
  await refusal(
    await room.statement(ada, {
      type: 'member.add',
      account: b64(bob.account),
      role: 'member',
      chain: { ...point(bob), hash: b64(randomBytes(32)) },
    }),
    'bad_envelope',
  );
  await refusal(
    await room.statement(ada, {
      type: 'member.add',
      account: b64(randomBytes(16)),
      role: 'member',
      chain: point(bob),
    }),
    'unknown_account',
  );
  await refusal(
    await room.statement(ada, {
      type: 'member.add',
      account: b64(ada.account),
      role: 'member',
      chain: point(ada),
    }),
    'already_member',
  );
  await refusal(
    await room.statement(ada, { type: 'member.role', account: b64(ada.account), role: 'member' }),
    'last_owner',
  );
  await refusal(await room.statement(ada, { type: 'member.leave' }, {}, randomBytes(32)), 'membership_stale');
});

/** Sends copies of the envelope, each with one of these bits flipped; how often each refusal was given. */
async function flip(envelope: Bytes, bits: readonly number[]): Promise<Map<string, number>> {
  const codes = new Map<string, number>();
  for (let i = 0; i < bits.length; i += LIMITS.envelopesPerSend) {
    const flipped = bits.slice(i, i + LIMITS.envelopesPerSend).map((bit) => {
      const copy = envelope.slice();
      copy[bit >> 3] = (copy[bit >> 3] as number) ^ (1 << (bit & 7));
      return copy;
    });
    for (const answer of await adas.send(...flipped)) {
      if (!isNack(answer)) throw new Error(`a flipped bit was admitted (one of ${bits[i]} and the next)`);
      codes.set(answer.error.code, (codes.get(answer.error.code) ?? 0) + 1);
    }
  }
  return codes;
}

test('every bit of a header and 2,000 bits of body and signature, flipped one by one: refused', async () => {
  const own = await makeRoom(ada, adas);
  const envelope = await own.message(ada, 'tamper with me');
  const headerBits = HEADER_BYTES * 8;
  const header = await flip(envelope, [...Array(headerBits).keys()]);
  console.log('header bits:', Object.fromEntries(header));
  expect([...header.values()].reduce((a, b) => a + b)).toBe(headerBits);
  const rest = envelope.length * 8 - headerBits;
  const sampled = Array.from({ length: 2000 }, (_, i) => headerBits + Math.floor((i * rest) / 2000));
  expect(await flip(envelope, sampled)).toEqual(new Map([['bad_signature', 2000]]));
  expect(await headOf(adas, own)).toBe(2);
  const [answer] = await adas.send(envelope);
  expect(answer).toMatchObject({ seq: 3 });
});
