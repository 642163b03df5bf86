/** When several things are wrong at once, every server gives the same refusal: the first in the design's order. */
import { b64, isNack, randomBytes } from '@sotto/protocol';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Person, person } from './support/people.ts';
import { type RawClient, signUp } from './support/raw-client.ts';
import { type TestReplica, testReplica } from './support/replica.ts';
import { makeRoom, type Room } from './support/room.ts';

let replica: TestReplica;
let ada: Person;
let bob: Person;
let adas: RawClient;
let bobs: RawClient;
let room: Room;

beforeAll(async () => {
  replica = await testReplica();
  [ada, bob] = [await person(0, 'ada'), await person(1, 'bob')];
  adas = await signUp(replica.url, ada);
  bobs = await signUp(replica.url, bob);
  room = await makeRoom(ada, adas);
});
afterAll(() => replica.dispose());

const codeOf = async (client: RawClient, envelope: Uint8Array<ArrayBuffer>): Promise<string> => {
  const [answer] = await client.send(envelope);
  return answer !== undefined && isNack(answer) ? answer.error.code : 'ok';
};
const breakSignature = (envelope: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> => {
  const copy = envelope.slice();
  copy[copy.length - 1] = (copy.at(-1) as number) ^ 1;
  return copy;
};

const wrong = { deviceSeq: 77, epoch: 9, previous: randomBytes(32) };

test('form before sender before room before member before epoch before sequence before signature', async () => {
  const message = (change: object) => room.message(ada, 'x', change);
  const everything = breakSignature(
    await message({ ...wrong, device: randomBytes(16), room: randomBytes(16) }),
  );
  const formless = everything.slice();
  formless[6] = 1;
  expect(await codeOf(adas, formless)).toBe('bad_envelope');
  expect(await codeOf(adas, everything)).toBe('not_entitled');
  expect(await codeOf(adas, breakSignature(await message({ ...wrong, room: randomBytes(16) })))).toBe(
    'unknown_room',
  );
  expect(await codeOf(bobs, breakSignature(await room.message(bob, 'x', wrong)))).toBe('not_member');
  expect(await codeOf(adas, breakSignature(await message(wrong)))).toBe('epoch_stale');
  const { epoch: _, ...sequence } = wrong;
  expect(await codeOf(adas, breakSignature(await message(sequence)))).toBe('sequence_gap');
  expect(await codeOf(adas, breakSignature(await message({})))).toBe('bad_signature');
});

test('the id comes before everything that could refuse a retry', async () => {
  const other = await makeRoom(ada, adas, bob);
  const { deviceSeq } = other.draft(bob);
  const said = await other.message(bob, 'last words', { deviceSeq });
  await other.append(bobs, said);
  const add = { type: 'member.remove' as const, account: b64(bob.account) };
  const remove = await other.statement(ada, add);
  await other.append(adas, remove);
  // Bob is out, the epoch is due, Ada's statement is stale: both retries get their first acks.
  const [bobsAck] = await bobs.send(said);
  expect(bobsAck).toMatchObject({ seq: 4 });
  const [adasAck] = await adas.send(remove);
  expect(adasAck).toMatchObject({ seq: 5 });
});

test('statements: the store’s earlier refusals, then entitlement, then sequence and signature', async () => {
  const foreign = { type: 'member.role' as const, account: b64(bob.account), role: 'admin' as const };
  // Neither a member nor entitled: not a member.
  expect(await codeOf(bobs, await room.statement(bob, foreign))).toBe('not_member');
  // Stale epoch and unknown target: the epoch.
  expect(await codeOf(adas, await room.statement(ada, foreign, { epoch: 9 }))).toBe('epoch_stale');
  // Unknown target, gap and signature: the target.
  expect(await codeOf(adas, breakSignature(await room.statement(ada, foreign, { deviceSeq: 77 })))).toBe(
    'not_member',
  );
  // A room that is there already, made again.
  expect(await codeOf(adas, await room.create(ada, { epoch: 0, commit: new Uint8Array(16) }))).toBe(
    'bad_envelope',
  );
});

test('commits: predecessor, membership, keys, wraps, then sequence and signature', async () => {
  const [own] = room.recipients();
  if (own === undefined) throw new Error('no recipients');
  const ghost = [{ ...own, keyId: randomBytes(16) }];
  const membership = randomBytes(32);
  const later = { change: { epoch: room.epoch + 1, deviceSeq: 77 } };
  const stale = await room.commit(ada, adas, { recipients: ghost, membership, stage: false, ...later });
  expect(await codeOf(adas, stale.envelope)).toBe('membership_stale');
  const keys = await room.commit(ada, adas, { recipients: ghost, ...later });
  expect(await codeOf(adas, keys.envelope)).toBe('keys_stale');
  const unstaged = await room.commit(ada, adas, { stage: false, ...later });
  expect(await codeOf(adas, unstaged.envelope)).toBe('wraps_missing');
  const gap = await room.commit(ada, adas, later);
  expect(await codeOf(adas, breakSignature(gap.envelope))).toBe('sequence_gap');
  const good = await room.commit(ada, adas);
  expect(await codeOf(adas, breakSignature(good.envelope))).toBe('bad_signature');
  expect(await codeOf(adas, good.envelope)).toBe('ok');
});
