import { beforeAll, expect, test } from 'vitest';
import { refusal } from '../testing/refusal.ts';
import { type UnsafePerson, unsafePerson } from '../testing/unsafe-person.ts';
import { type Bytes, b64, utf8, utf8Decode, zeros } from './bytes.ts';
import { randomBytes } from './crypto.ts';
import { encodeHistoryGrant, openHistoryGrant, parseHistoryGrant } from './history.ts';
import { type RecipientKey, recipientKeysAt } from './key-chain.ts';

let bob: UnsafePerson;
let eve: UnsafePerson;
let room: Bytes;
let body: Bytes;
const secrets = [1, 2, 3].map((epoch) => ({ epoch, secret: randomBytes(32) }));

beforeAll(async () => {
  bob = await unsafePerson(1);
  eve = await unsafePerson(2);
  room = randomBytes(16);
  body = await encodeHistoryGrant(room, bob.account, 5, secrets, recipientKeysAt(bob.chain, 3));
});

const open = (b: Bytes, person: UnsafePerson, inRoom = room) =>
  openHistoryGrant(
    inRoom,
    parseHistoryGrant(b),
    person.device,
    person.keyId,
    person.encryptionPair.privateKey,
  );

const changed = (change: Record<string, unknown>): Bytes =>
  utf8(JSON.stringify({ ...JSON.parse(utf8Decode(body)), ...change }));

test('the newcomer opens what it was granted', async () => {
  const grant = parseHistoryGrant(body);
  expect(grant.to).toEqual(bob.account);
  expect(grant.since).toBe(5);
  expect(await open(body, bob)).toEqual(secrets);
});

test('nobody else opens it, nor in another room, nor for another account or position', async () => {
  expect(await open(body, eve)).toBeNull();
  expect(await open(body, bob, randomBytes(16))).toBeNull();
  expect(await open(changed({ to: b64(eve.account) }), bob)).toBeNull();
  expect(await open(changed({ since: 1 }), bob)).toBeNull();
  expect(await open(changed({ nonce: b64(zeros(12)) }), bob)).toBeNull();
  const stolen = { ...bob, encryptionPair: eve.encryptionPair };
  expect(await open(body, stolen)).toBeNull();
});

test('a bundle that holds anything but epochs and secrets is null', async () => {
  const devices = recipientKeysAt(bob.chain, 3);
  const odd = [
    { epoch: 1.5, secret: randomBytes(32) },
    { epoch: 1, secret: randomBytes(31) },
    { epoch: 0, secret: zeros(32) },
  ];
  for (const one of odd) {
    const granted = await encodeHistoryGrant(room, bob.account, 5, [one], devices);
    expect(await open(granted, bob)).toBeNull();
  }
});

test('what is no grant is refused', async () => {
  const grant = JSON.parse(utf8Decode(body)) as { wraps: { device: string }[] };
  const wrap = grant.wraps[0] as { device: string };
  for (const change of [
    { v: 2 },
    { to: 'AAAA' },
    { since: 0 },
    { nonce: b64(zeros(11)) },
    { bundle: '' },
    { wraps: [] },
    { wraps: [null] },
    { wraps: [{ ...wrap, device: 'AAAA' }] },
    { wraps: [{ ...wrap, more: 1 }] },
    { wraps: { length: 1 } },
    { more: 1 },
  ]) {
    expect(await refusal(() => parseHistoryGrant(changed(change))), JSON.stringify(change)).toBe(
      'bad_envelope',
    );
  }
  const broken: RecipientKey = { device: bob.device, keyId: bob.keyId, spki: zeros(422) };
  expect(await refusal(() => encodeHistoryGrant(room, bob.account, 5, secrets, [broken]))).toBe('keys_stale');
});
