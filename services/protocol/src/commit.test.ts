import { beforeAll, expect, test } from 'vitest';
import { refusal } from '../testing/refusal.ts';
import { type UnsafePerson, unsafePerson } from '../testing/unsafe-person.ts';
import { type Bytes, b64, equal, utf8, zeros } from './bytes.ts';
import {
  type CommitBody,
  compareBytes,
  type EpochContext,
  encodeCommit,
  makeEpoch,
  type NewEpoch,
  parseCommit,
  recipientLeaf,
  recipientOf,
  recipientsRoot,
  sameKeys,
  type Wrap,
} from './commit.ts';
import { oaepWrap, randomBytes } from './crypto.ts';
import {
  newEpochSecret,
  secretCommitment,
  senderKeyOf,
  unwrapSecret,
  type WrapContext,
  wrapSecret,
} from './epoch.ts';
import { type RecipientKey, recipientKeysAt } from './key-chain.ts';
import { merkleTree, merkleVerify } from './merkle.ts';

let people: UnsafePerson[];
let recipients: RecipientKey[];
let context: EpochContext;
let made: NewEpoch;

beforeAll(async () => {
  people = await Promise.all([0, 1, 2, 3, 4].map(unsafePerson));
  recipients = people.flatMap((p) => recipientKeysAt(p.chain, p.chain.seq));
  context = {
    room: randomBytes(16),
    epoch: 2,
    previous: randomBytes(32),
    membership: randomBytes(32),
    committer: (people[0] as UnsafePerson).device,
  };
  made = await makeEpoch(context, recipients);
});

const wrapOf = (person: UnsafePerson): Wrap => made.wraps.find((w) => equal(w.device, person.device)) as Wrap;

const contextFor = (person: UnsafePerson): WrapContext => ({
  room: context.room,
  epoch: context.epoch,
  committer: context.committer,
  recipient: person.device,
  keyId: person.keyId,
  commitment: made.body.commitment,
});

test('every recipient unwraps the one secret, whose commitment the commit names', async () => {
  for (const person of people) {
    const secret = await unwrapSecret(
      person.encryptionPair.privateKey,
      wrapOf(person).wrap,
      contextFor(person),
    );
    expect(secret).toEqual(made.secret);
    expect(await secretCommitment(secret as Bytes)).toEqual(made.body.commitment);
  }
});

test('each wrap stands at its place under the root, in the order of device ids', async () => {
  const leaves = await Promise.all(made.wraps.map(async (w) => recipientLeaf(await recipientOf(w))));
  const tree = await merkleTree(leaves);
  expect(tree.root).toEqual(made.body.root);
  expect(made.body.count).toBe(5);
  for (const [i, leaf] of leaves.entries()) {
    expect(await merkleVerify(leaf, i, 5, tree.path(i), made.body.root)).toBe(true);
  }
  for (let i = 1; i < made.wraps.length; i++) {
    expect(compareBytes((made.wraps[i - 1] as Wrap).device, (made.wraps[i] as Wrap).device)).toBeLessThan(0);
  }
  const shuffled = await Promise.all([...made.wraps].reverse().map(recipientOf));
  expect(await recipientsRoot(shuffled)).toEqual(made.body.root);
});

test('a wrap opens in its own room, epoch, commit and place alone', async () => {
  const [, bob, eve] = people as [UnsafePerson, UnsafePerson, UnsafePerson];
  const right = contextFor(bob);
  const { wrap } = wrapOf(bob);
  const others: Partial<WrapContext>[] = [
    { room: randomBytes(16) },
    { epoch: 3 },
    { committer: bob.device },
    { recipient: eve.device },
    { keyId: eve.keyId },
    { commitment: zeros(32) },
  ];
  for (const other of others) {
    expect(await unwrapSecret(bob.encryptionPair.privateKey, wrap, { ...right, ...other })).toBeNull();
  }
  expect(await unwrapSecret(eve.encryptionPair.privateKey, wrap, right)).toBeNull();
});

test('a committer who hands one member another secret is caught by the commitment', async () => {
  const [, bob] = people as [UnsafePerson, UnsafePerson];
  const wrapContext = contextFor(bob);
  const planted = await wrapSecret(bob.encryptionPair.publicKey, newEpochSecret(), wrapContext);
  const opened = await unwrapSecret(bob.encryptionPair.privateKey, planted, wrapContext);
  expect(opened).not.toBeNull();
  expect(await secretCommitment(opened as Bytes)).not.toEqual(made.body.commitment);
  const leaf = await recipientLeaf(await recipientOf({ ...wrapOf(bob), wrap: planted }));
  const others = await Promise.all(made.wraps.map(async (w) => recipientLeaf(await recipientOf(w))));
  const index = made.wraps.findIndex((w) => equal(w.device, bob.device));
  const path = (await merkleTree(others)).path(index);
  expect(await merkleVerify(leaf, index, 5, path, made.body.root)).toBe(false);
});

test('a wrap made without the label does not open', async () => {
  const [, bob] = people as [UnsafePerson, UnsafePerson];
  const bare = await oaepWrap(bob.encryptionPair.publicKey, made.secret, zeros(0));
  expect(await unwrapSecret(bob.encryptionPair.privateKey, bare, contextFor(bob))).toBeNull();
});

test('sender keys differ by device, commit and secret', async () => {
  const [ada, bob] = people as [UnsafePerson, UnsafePerson];
  const hash = randomBytes(32);
  const keys = await Promise.all([
    senderKeyOf(made.secret, hash, ada.device),
    senderKeyOf(made.secret, hash, bob.device),
    senderKeyOf(made.secret, zeros(32), ada.device),
    senderKeyOf(newEpochSecret(), hash, ada.device),
  ]);
  expect(new Set(keys.map(b64)).size).toBe(4);
});

test('a recipient whose key cannot be used stops the commit', async () => {
  const broken = [...recipients.slice(1), { ...(recipients[0] as RecipientKey), spki: zeros(422) }];
  expect(await refusal(() => makeEpoch(context, broken))).toBe('keys_stale');
});

test('key sets are compared without regard to order', () => {
  const [first, second] = recipients as [RecipientKey, RecipientKey];
  expect(sameKeys(recipients, [...recipients].reverse())).toBe(true);
  expect(sameKeys(recipients, recipients.slice(1))).toBe(false);
  expect(sameKeys([first], [{ ...first, keyId: second.keyId }])).toBe(false);
  expect(sameKeys([first], [{ ...second, keyId: first.keyId }])).toBe(false);
});

test('a commit comes back from its bytes; anything else is refused', async () => {
  expect(parseCommit(encodeCommit(made.body))).toEqual(made.body);
  const json = JSON.parse(Buffer.from(encodeCommit(made.body)).toString()) as Record<string, unknown>;
  const cases: unknown[] = [
    { ...json, v: 2 },
    { ...json, epoch: 0 },
    { ...json, epoch: 1.5 },
    { ...json, count: 1001 },
    { ...json, root: b64(zeros(31)) },
    { ...json, extra: true },
    { ...json, commitment: undefined },
    null,
    [],
    7,
  ];
  for (const value of cases) {
    expect(await refusal(() => parseCommit(utf8(JSON.stringify(value)))), JSON.stringify(value)).toBe(
      'bad_envelope',
    );
  }
  const tooMany: CommitBody = { ...made.body, count: 1000 };
  expect(parseCommit(encodeCommit(tooMany)).count).toBe(1000);
});
