/**
 * Lies about room keys: a committer, with a server at its side that lets its commit in, would have somebody else read along or shuts
 * somebody out. Every other member says so by name and writes nothing under that key.
 */
import {
  type Bytes,
  encodeHistoryGrant,
  equal,
  exportSpki,
  keyIdOf,
  type NewEpoch,
  type RecipientKey,
  randomBytes,
  recipientOf,
  recipientsRoot,
  wrapSecret,
} from '@sotto/protocol';
import { unsafeEncryptionPair } from '@sotto/protocol/testing';
import { expect, test } from 'vitest';
import type { Person } from '../../lib/person.ts';
import { newestKeys } from '../../lib/puppet.ts';
import { aLie, type Outcome, Scene, sendsNothing } from '../../lib/scene.ts';

const PEOPLE = ['ada', 'bob', 'cyd'];
type Three = [ada: Person, bob: Person, cyd: Person];

/** A pair that belongs to nobody in these rooms. */
const strangersKey = async (): Promise<{ keyId: Bytes; spki: Bytes }> => {
  const spki = await exportSpki((await unsafeEncryptionPair(30)).publicKey);
  return { keyId: await keyIdOf(spki), spki };
};

const keyOf = (keys: RecipientKey[], person: Person): RecipientKey =>
  keys.find((key) => equal(key.device, person.mule.device)) as RecipientKey;

/** Bob's commit is let in past the server's own checks. */
async function bobCommits(
  scene: Scene,
  recipients?: (newest: RecipientKey[]) => RecipientKey[] | Promise<RecipientKey[]>,
  change?: (made: NewEpoch) => NewEpoch | Promise<NewEpoch>,
): Promise<Outcome> {
  const [ada, bob, cyd] = scene.people as Three;
  await bob.close();
  const { envelope, made } = await scene.puppet(bob).commit(recipients, change);
  await scene.server.letIn(envelope, bob.mule, made.wraps);
  return { victims: [ada, cyd], after: 'stops' };
}

aLie('ghost-device', 'a commit wraps to a device more than the members have', PEOPLE, (scene, lying) =>
  bobCommits(scene, async (keys) =>
    lying ? [...keys, { device: randomBytes(16), ...(await strangersKey()) }] : keys,
  ),
);

aLie(
  'ghost-device',
  'the list of who got the key is not the one that was signed',
  PEOPLE,
  async (scene, lying) => {
    const { store } = scene.server;
    if (lying) scene.face.lies.wraps = async (...of) => (await store.wraps(...of)).slice(1);
    return bobCommits(scene);
  },
);

aLie('planted-room-key', 'a commit wraps to a key that its owner never published', PEOPLE, (scene, lying) =>
  bobCommits(scene, async (keys) => {
    const [ada] = scene.people as Three;
    const planted = { ...keyOf(keys, ada), ...(await strangersKey()) };
    return lying ? keys.map((key) => (key === keyOf(keys, ada) ? planted : key)) : keys;
  }),
);

aLie('planted-room-key', 'a commit follows on another one than the room’s', PEOPLE, (scene, lying) =>
  bobCommits(
    scene,
    (keys) => keys,
    ({ body, ...made }) => ({ ...made, body: lying ? { ...body, previous: randomBytes(32) } : body }),
  ),
);

aLie(
  'planted-room-key',
  'the server hands out another wrap than the committer signed',
  PEOPLE,
  async (scene, lying) => {
    const [ada, bob, cyd] = scene.people as Three;
    const { store } = scene.server;
    scene.badEpoch = ((await store.room(scene.roomId))?.epoch ?? 0) + 1;
    await bobCommits(scene);
    for (const one of [ada, cyd]) await one.reaches(scene.room, (await scene.log()).length);
    // The list for the audit was the true one; the wraps that are fetched now are not.
    if (lying) {
      scene.face.lies.wraps = async (room, epoch) =>
        (await store.wraps(room, epoch)).map((wrap) =>
          epoch === scene.badEpoch ? { ...wrap, wrap: randomBytes(384) } : wrap,
        );
    }
    await scene.server.letIn(await scene.puppet(bob).message('under the bad key'), bob.mule);
    if (!lying) await ada.sees(scene.room, 'under the bad key');
    return { victims: [ada, cyd], after: lying ? 'renews keys' : 'goes on' };
  },
);

aLie('newest-key-withheld', 'a member is left out of a commit', PEOPLE, (scene, lying) =>
  bobCommits(scene, (keys) =>
    lying ? keys.filter((key) => key !== keyOf(keys, scene.people[2] as Person)) : keys,
  ),
);

test('a room that stopped stays stopped: after a restart, and when somebody has acknowledged the alert', async () => {
  const scene = await Scene.of(...PEOPLE);
  try {
    const [ada] = scene.people as Three;
    await bobCommits(scene, async (keys) => [
      ...keys,
      { device: randomBytes(16), ...(await strangersKey()) },
    ]);
    await ada.alerted('ghost-device');
    await sendsNothing(scene, ada);
    await ada.client.acknowledgeAlert(ada.client.alerts()[0]?.id ?? '');
    await sendsNothing(scene, ada);
    await ada.reopen();
    await ada.online();
    expect(ada.client.alerts()).toMatchObject([{ name: 'ghost-device', acknowledged: true }]);
    expect(ada.client.rooms()[0]).toMatchObject({ halted: true, blocked: { sentence: expect.any(String) } });
    await sendsNothing(scene, ada);
  } finally {
    await scene.dispose();
  }
});

aLie('different-secret', 'a grant of earlier messages holds another secret', PEOPLE, async (scene, lying) => {
  const [ada, bob, cyd] = scene.people as Three;
  await bob.close();
  const puppet = scene.puppet(bob);
  const { membership } = await puppet.seen();
  const since = [...membership.members.values()].find((m) => equal(m.account, bob.mule.account))?.since ?? 0;
  // The one that was in force between Bob's coming and Cyd's.
  const epoch = 2;
  const secret = lying ? randomBytes(32) : ((await puppet.secret(epoch)) as Bytes);
  const keys = [keyOf(await newestKeys(scene.server.store, membership), cyd)];
  const body = await encodeHistoryGrant(scene.roomId, cyd.mule.account, since, [{ epoch, secret }], keys);
  await scene.server.letIn(await puppet.grant(body), bob.mule);
  return { victims: lying ? [cyd] : [ada, cyd], after: 'goes on' };
});

/** Cyd's wrap is well made and signed for, and holds another secret. */
async function betray(scene: Scene, { body, wraps, secret }: NewEpoch): Promise<NewEpoch> {
  const [, bob, cyd] = scene.people as Three;
  const changed = await Promise.all(
    wraps.map(async (one) => {
      if (!equal(one.device, cyd.mule.device)) return one;
      const { publicKey } = await unsafeEncryptionPair(cyd.i);
      const context = {
        room: scene.roomId,
        epoch: body.epoch,
        committer: bob.mule.device,
        recipient: one.device,
        keyId: one.keyId,
        commitment: body.commitment,
      };
      return { ...one, wrap: await wrapSecret(publicKey, randomBytes(32), context) };
    }),
  );
  const root = await recipientsRoot(await Promise.all(changed.map(recipientOf)));
  return { secret, wraps: changed, body: { ...body, root } };
}

/** As `bobCommits`, with another secret for Cyd where this is a lie. */
async function bobBetrays(scene: Scene, lying: boolean): Promise<void> {
  await bobCommits(
    scene,
    (keys) => keys,
    (made) => (lying ? betray(scene, made) : made),
  );
  scene.badEpoch = lying ? ((await scene.server.store.room(scene.roomId))?.epoch ?? 0) : 0;
}

aLie(
  'different-secret',
  'one member is given another secret than the others',
  PEOPLE,
  async (scene, lying) => {
    const [ada, bob, cyd] = scene.people as Three;
    await bobBetrays(scene, lying);
    await scene.server.letIn(await scene.puppet(bob).message('under the bad key'), bob.mule);
    await ada.sees(scene.room, 'under the bad key');
    return { victims: [cyd], after: lying ? 'renews keys' : 'goes on' };
  },
);

aLie(
  'different-secret',
  'to one member who writes before anybody else does',
  PEOPLE,
  async (scene, lying) => {
    const [, , cyd] = scene.people as Three;
    await bobBetrays(scene, lying);
    await cyd.reaches(scene.room, (await scene.log()).length);
    await cyd.client.sendText(scene.room, 'hello?');
    return { victims: [cyd], after: lying ? 'renews keys' : 'goes on' };
  },
);
