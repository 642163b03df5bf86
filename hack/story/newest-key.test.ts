/**
 * A device replaces its encryption key after 7 days. From then on room keys are made for the new one: a server refuses a commit to the old
 * one, a client that meets one says so, and 14 days later the old private key is gone while everything can still be read.
 */
import {
  b64,
  isNack,
  KIND,
  parseEnvelope,
  parseMembership,
  type RecipientKey,
  readKeyChain,
} from '@sotto/protocol';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Person } from '../lib/person.ts';
import { aLie, Scene } from '../lib/scene.ts';
import { until } from '../lib/until.ts';

const DAY_MS = 86_400_000;
let scene: Scene;
let ada: Person;
let bob: Person;

beforeEach(async () => {
  scene = await Scene.of('ada', 'bob');
  [ada, bob] = scene.people as [Person, Person];
});
afterEach(() => scene.dispose());

/** Base64url ids of a device's published encryption keys, oldest first. */
async function keysOf(s: Scene, { mule }: Person): Promise<string[]> {
  const chain = await readKeyChain(null, await s.server.store.chain(mule.account, 1, 64));
  const device = [...(chain?.devices.values() ?? [])].find((d) => b64(d.device) === b64(mule.device));
  return (device?.keys ?? []).map((key) => b64(key.keyId));
}

/** To which key the newest epoch's secret was wrapped for somebody. */
async function wrappedTo(s: Scene, { mule }: Person): Promise<string> {
  const { epoch } = (await s.server.store.room(s.roomId)) ?? { epoch: 0 };
  const wraps = await s.server.store.wraps(s.roomId, epoch);
  const mine = wraps.find((wrap) => b64(wrap.device) === b64(mule.device));
  return b64(mine?.keyId ?? new Uint8Array(0));
}

/** The person's clock jumps and the client comes back; resolves when the room was told of the new key. */
async function comesBackLater(s: Scene, person: Person, days: number, watcher: Person): Promise<void> {
  const before = (await keysOf(s, person)).length;
  person.ahead += days * DAY_MS;
  await person.reopen();
  const { length } = await s.log();
  await watcher.reaches(s.room, length + 1);
  const { bytes } = (await s.log())[length] ?? { bytes: new Uint8Array(0) };
  const { header, body } = parseEnvelope(bytes);
  expect(header.kind).toBe(KIND.membership);
  expect(parseMembership(body).statement.type).toBe('member.keys');
  expect(await keysOf(s, person)).toHaveLength(before + 1);
}

/** As `keys`, but for the oldest key of that person's device. */
async function toTheOldKey(s: Scene, keys: RecipientKey[], { mule }: Person): Promise<RecipientKey[]> {
  const chain = await readKeyChain(null, await s.server.store.chain(mule.account, 1, 64));
  const old = [...(chain?.devices.values() ?? [])].find((d) => b64(d.device) === b64(mule.device))?.keys[0];
  return keys.map((key) =>
    b64(key.device) === b64(mule.device) && old !== undefined ? { ...key, ...old } : key,
  );
}

test('after 7 days a device publishes a new encryption key, and the next epoch is wrapped to it', async () => {
  const [first] = await keysOf(scene, bob);
  expect(await wrappedTo(scene, bob)).toBe(first);
  await comesBackLater(scene, bob, 8, ada);
  await ada.say(scene.room, 'for the new key');
  const [, second] = await keysOf(scene, bob);
  expect(await wrappedTo(scene, bob)).toBe(second);
  await bob.sees(scene.room, 'for the new key');
  await bob.say(scene.room, 'I can read it');
  await ada.sees(scene.room, 'I can read it');
  for (const { client } of scene.people) expect(client.alerts()).toEqual([]);
});

test('a device that comes back before that keeps its key', async () => {
  bob.ahead = 6 * DAY_MS;
  await bob.reopen();
  await bob.online();
  await bob.say(scene.room, 'still the first');
  expect(await keysOf(scene, bob)).toHaveLength(1);
});

test('the server refuses a commit to the old key with keys_stale', async () => {
  await comesBackLater(scene, bob, 8, ada);
  await ada.close();
  const puppet = scene.puppet(ada);
  const line = await puppet.signIn(scene.url);
  for (const [isOld, code] of [
    [true, 'keys_stale'],
    [false, 'accepted'],
  ] as const) {
    const { envelope, made } = await puppet.commit((keys) => (isOld ? toTheOldKey(scene, keys, bob) : keys));
    await line.call('wraps.stage', {
      room: scene.room,
      commit: b64(parseEnvelope(envelope).header.id),
      wraps: made.wraps.map((w) => ({ device: b64(w.device), keyId: b64(w.keyId), wrap: b64(w.wrap) })),
    });
    const answer = await line.send(envelope);
    expect(isNack(answer) ? answer.error.code : 'accepted').toBe(code);
  }
  line.close();
});

aLie(
  'newest-key-withheld',
  'a server lets in a commit to a key that was replaced',
  ['ada', 'bob', 'cyd'],
  async (s, lying) => {
    const [a, b, c] = s.people as [Person, Person, Person];
    await comesBackLater(s, b, 8, a);
    await c.reaches(s.room, (await s.log()).length);
    await a.close();
    const { envelope, made } = await s.puppet(a).commit((keys) => (lying ? toTheOldKey(s, keys, b) : keys));
    await s.server.letIn(envelope, a.mule, made.wraps);
    return { victims: [b, c], after: 'stops' };
  },
);

test('14 days after its replacement the old private key is destroyed, and all messages are still read', async () => {
  await bob.say(scene.room, 'from the first week');
  const [first = ''] = await keysOf(scene, bob);
  const isKept = async () => (await bob.storage.get('keys', `unwrap/${first}`)) !== undefined;
  await comesBackLater(scene, bob, 8, ada);
  await ada.say(scene.room, 'from the second week');
  await bob.sees(scene.room, 'from the second week');
  expect(await isKept()).toBe(true);
  await comesBackLater(scene, bob, 13, ada);
  expect(await isKept()).toBe(true);
  bob.ahead += 2 * DAY_MS;
  await bob.reopen();
  await bob.online();
  await expect.poll(isKept).toBe(false);
  // The client itself does not have it in memory either.
  await bob.reopen();
  await bob.online();
  await ada.say(scene.room, 'from the fourth week');
  await until(bob.client, () => bob.texts(scene.room).length === 4, 'Bob reads all of it');
  expect(bob.texts(scene.room)).toEqual(ada.texts(scene.room));
  for (const { client } of scene.people) expect(client.alerts()).toEqual([]);
});
