/** A lying server, lie by lie: each is caught under its own name, and an honest log goes through. */
import { type Bytes, b64, envelopeDigest, equal, randomBytes, recipientKeysAt } from '@sotto/protocol';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { Person, RoomWorld } from '../../testing/room-world.ts';
import type { AlertName } from '../views.ts';
import { applyEntry, type Sources } from './apply.ts';
import { Lie } from './lie.ts';
import { emptyLedger, type Ledger } from './state.ts';

let alice: Person;
let bob: Person;
let carol: Person;
let world: RoomWorld;

beforeAll(async () => {
  carol = await Person.make(2);
});

beforeEach(async () => {
  [alice, bob] = [await Person.make(0), await Person.make(1)];
  world = await RoomWorld.of(alice, bob);
});

/** Reads a whole log as a member's client does. */
async function readLog(
  entries: readonly Bytes[] = world.entries,
  sources: Sources = world.sources(),
): Promise<Ledger> {
  let ledger = await emptyLedger(world.room);
  for (const [i, bytes] of entries.entries()) {
    ({ ledger } = await applyEntry(ledger, i + 1, bytes, entries.slice(i + 1), sources));
  }
  return ledger;
}

async function caught(name: AlertName, entries?: readonly Bytes[], sources?: Sources): Promise<void> {
  const lie = await readLog(entries, sources).then(
    () => null,
    (error: unknown) => error,
  );
  expect(lie).toBeInstanceOf(Lie);
  expect((lie as Lie).alert).toBe(name);
  expect(JSON.parse((lie as Lie).proof)).toMatchObject({ alert: name });
}

test('an honest log of members, messages, epochs, key changes and a removal goes through', async () => {
  await world.say(alice, 'one');
  await world.say(bob, 'two');
  await bob.publish(20);
  await world.state(bob, { type: 'member.keys', chain: bob.point });
  await world.commit(alice);
  await world.say(bob, 'three');
  await world.state(alice, { type: 'member.remove', account: b64(bob.account) });
  await world.commit(alice);
  await world.say(alice, 'four');
  const ledger = await readLog();
  expect(ledger.seq).toBe(world.entries.length);
  expect(equal(ledger.chain, world.chain)).toBe(true);
  expect(ledger.epoch?.number).toBe(3);
  expect(ledger.membership?.members.size).toBe(1);
});

test('a newcomer goes along digests of what it may not read and comes to the same chain', async () => {
  await world.say(alice, 'before');
  await world.add(alice, carol);
  await world.commit(bob);
  await world.say(alice, 'after');
  const entries = [...world.entries];
  entries[3] = await envelopeDigest(entries[3] as Bytes);
  expect(equal((await readLog(entries)).chain, world.chain)).toBe(true);
});

test('a message dropped, two swapped, one repeated', async () => {
  for (const text of ['one', 'two', 'three']) await world.say(alice, text);
  const [create, add, commit, one, two, three] = world.entries as [Bytes, Bytes, Bytes, Bytes, Bytes, Bytes];
  await caught('message-dropped', [create, add, commit, one, three]);
  await caught('messages-swapped', [create, add, commit, two, one, three]);
  await caught('message-repeated', [create, add, commit, one, one, two]);
});

test('an entry shown under an earlier or a later sequence', async () => {
  const ledger = await readLog();
  const last = world.entries.at(-1) as Bytes;
  const show = (seq: number) => applyEntry(ledger, seq, last, [], world.sources());
  await expect(show(ledger.seq)).rejects.toMatchObject({ alert: 'message-repeated' });
  await expect(show(ledger.seq + 2)).rejects.toMatchObject({ alert: 'message-dropped' });
});

test('a history forked between two members: the other one’s gossip gives it away', async () => {
  await world.say(alice, 'what bob was shown');
  await world.say(bob, 'an answer', { headHash: randomBytes(32) });
  await caught('history-forked');
});

test('a head beyond what the server has shown', async () => {
  await world.say(bob, 'from the future', { head: 40 });
  await caught('history-forked');
});

test('a ghost device in a commit', async () => {
  const ghost = recipientKeysAt(carol.chain as never, 3);
  await world.commit(alice, [...world.newestKeys(), ...ghost]);
  await caught('ghost-device');
});

test('a recipients list that is not the one that was signed', async () => {
  world.recipients.get(1)?.pop();
  await caught('ghost-device');
});

test('a commit to an old key: the newest one was withheld', async () => {
  const old = world.newestKeys();
  await bob.publish(21);
  await world.state(bob, { type: 'member.keys', chain: bob.point });
  await world.commit(alice, old);
  await caught('newest-key-withheld');
});

test('a member left out of a commit', async () => {
  await world.commit(alice, recipientKeysAt(alice.chain as never, 3));
  await caught('newest-key-withheld');
});

test('a planted room key: a commit that does not follow', async () => {
  await world.commit(alice, world.newestKeys(), randomBytes(32));
  await caught('planted-room-key');
});

test('a ghost member: one that wrote without having been let in, one let in by nobody entitled', async () => {
  world.know(carol);
  await world.say(carol, 'hello, I am new');
  await caught('ghost-member');
  world = await RoomWorld.of(alice, bob);
  await world.state(bob, { type: 'member.remove', account: b64(alice.account) }, true);
  await caught('ghost-member');
});

test('a removed member who is let in again by the server', async () => {
  await world.say(bob, 'still here');
  await world.state(alice, { type: 'member.remove', account: b64(bob.account) });
  await world.commit(alice);
  await world.say(bob, 'back again');
  await caught('removed-member');
});

test('a message under an epoch that is no longer in force, or before a commit that is due', async () => {
  const { epoch, commitHash } = world;
  await world.commit(alice);
  await world.say(bob, 'late', { epoch, commit: commitHash.slice(0, 16) });
  await caught('old-epoch');
  world = await RoomWorld.of(alice, bob);
  await world.add(alice, carol);
  await world.say(alice, 'too early');
  await caught('old-epoch');
});

test('a key chain rolled back', async () => {
  const before = bob.chain;
  await bob.publish(22);
  await world.state(bob, { type: 'member.keys', chain: bob.point });
  await world.commit(alice);
  const honest = world.sources();
  const keyChain = async (account: Bytes) =>
    equal(account, bob.account) ? (before as never) : honest.keyChain(account);
  await caught('key-chain-rollback', world.entries, { ...honest, keyChain });
});

test('a flipped bit anywhere in a message', async () => {
  const message = await world.say(alice, 'as it was');
  for (const at of [10, 50, 70, 120, 150, 180, 230, 400, message.length - 1]) {
    const flipped = message.slice();
    flipped[at] = (flipped[at] as number) ^ 1;
    const read = readLog([...world.entries.slice(0, -1), flipped]);
    await expect(read).rejects.toBeInstanceOf(Lie);
  }
});
