/** Lies about people: a key list that the server cuts short or replaces, and a handle that it gives to somebody else. */
import { type Bytes, b64, equal, extendKeyChain, readKeyChain, signStatement } from '@sotto/protocol';
import { unsafeSigningPair } from '@sotto/protocol/testing';
import { expect, test } from 'vitest';
import type { Lies } from '../../lib/lying-server.ts';
import { Person } from '../../lib/person.ts';
import { aLie, goesOn, Scene, sendsNothing } from '../../lib/scene.ts';
import { until } from '../../lib/until.ts';

type Two = [ada: Person, bob: Person];

/** Account, device, encryption key: what a sign-up publishes. */
const AT_FIRST = 3;

/** Shows of this person's key list what it was at the sign-up. */
function cutShort(scene: Scene, person: Person): Lies {
  const { store } = scene.server;
  const isTheirs = (account: Bytes): boolean => equal(account, person.mule.account);
  return {
    accounts: async (accounts) =>
      (await store.accounts(accounts)).map((one) =>
        one !== null && isTheirs(one.account) ? { ...one, chainSeq: AT_FIRST } : one,
      ),
    chain: async (account, from, limit) => {
      const page = await store.chain(account, from, limit);
      return isTheirs(account) ? page.slice(0, Math.max(0, AT_FIRST - from + 1)) : page;
    },
  };
}

/** Bob has a second device, and his rooms know of it. */
async function bobGrows(scene: Scene): Promise<void> {
  const [ada, bob] = scene.people as Two;
  const other = await Person.restore(scene.url, 5, bob);
  scene.people.push(other);
  await other.say(scene.room, 'from my other device');
  await ada.sees(scene.room, 'from my other device');
}

aLie(
  'key-chain-rollback',
  'a device that the room knows is hidden from one member',
  ['ada', 'bob', 'cyd'],
  async (scene, lying) => {
    const [, bob, cyd] = scene.people as [Person, Person, Person];
    await cyd.close();
    await bobGrows(scene);
    const face = await scene.server.face(lying ? cutShort(scene, bob) : {});
    await cyd.open(face.url);
    return { victims: [cyd], after: 'stops' };
  },
);

aLie(
  'key-chain-rollback',
  'a key list is shorter than it was when it is needed for a new room key',
  ['ada', 'bob'],
  async (scene, lying) => {
    const [ada, bob] = scene.people as Two;
    const cyd = await Person.signUp(scene.url, 6, 'cyd');
    scene.people.push(cyd);
    await bobGrows(scene);
    const face = await scene.server.face(lying ? cutShort(scene, bob) : {});
    await ada.reopen(face.url);
    await ada.client.addMember(scene.room, 'cyd');
    // New keys are due before this can be said.
    await ada.client.sendText(scene.room, 'welcome, cyd');
    return { victims: [ada], after: 'stops' };
  },
);

aLie(
  'key-chain-rollback',
  'one’s own key list is shorter than it was',
  ['ada', 'bob'],
  async (scene, lying) => {
    const [, bob] = scene.people as Two;
    await bobGrows(scene);
    await bob.reaches(scene.room, (await scene.log()).length);
    await bob.online();
    const face = await scene.server.face(lying ? cutShort(scene, bob) : {});
    await bob.reopen(face.url);
    return { victims: [bob], after: lying ? 'no room' : 'goes on' };
  },
);

aLie(
  'key-chain-rollback',
  'another key list of the same length, signed by a stolen account key',
  ['ada', 'bob', 'cyd'],
  async (scene, lying) => {
    const [, bob, cyd] = scene.people as [Person, Person, Person];
    await cyd.close();
    await bobGrows(scene);
    const { store } = scene.server;
    const { account, device } = bob.mule;
    const { privateKey } = await unsafeSigningPair(4 * bob.i + 1);
    const statements = (await store.chain(account, 1, 64)).slice(0, AT_FIRST);
    let chain = await readKeyChain(null, statements);
    for (const number of [2, 3]) {
      const key = JSON.parse(Buffer.from(statements[2]?.bytes ?? []).toString()).key as string;
      const body = { type: 'key.publish' as const, device: b64(device), number, key };
      const statement = await signStatement(chain, account, body, privateKey, Date.now());
      chain = await extendKeyChain(chain, statement);
      statements.push(statement);
    }
    const other: Lies = {
      chain: async (whose, from, limit) =>
        equal(whose, account)
          ? statements.slice(from - 1, from - 1 + limit)
          : store.chain(whose, from, limit),
    };
    const face = await scene.server.face(lying ? other : {});
    await cyd.open(face.url);
    return { victims: [cyd], after: 'stops' };
  },
);

/** Somebody else signs up as Bob: the server keeps both, and says from then on that Bob is the other one. */
async function impostor(scene: Scene): Promise<Person> {
  const [, bob] = scene.people as Two;
  const { store } = scene.server;
  const { lies } = scene.face;
  lies.createAccount = (account) =>
    store.createAccount({ ...account, handleIndex: new Uint8Array(32).fill(9) });
  const other = await Person.signUp(scene.url, 7, bob.handle);
  scene.people.push(other);
  lies.accountByHandle = async (index) => {
    const found = await store.accountByHandle(index);
    return found !== null && equal(found, bob.mule.account) ? other.mule.account : found;
  };
  return other;
}

test('account-key-changed: whom a handle leads to all of a sudden is added to no room before somebody acknowledged it', async () => {
  const scene = await Scene.of('ada', 'bob');
  try {
    const [ada, bob] = scene.people as Two;
    const other = await impostor(scene);
    const den = await ada.client.createRoom('Den');
    const added = ada.client.addMember(den, 'bob');
    await expect(added).rejects.toMatchObject({ code: 'bad_request' });
    await ada.alerted('account-key-changed');
    const [alert] = ada.client.alerts();
    expect(alert).toMatchObject({ account: other.account, acknowledged: false });
    expect(ada.client.members(den)).toHaveLength(1);
    await goesOn(scene.room, [ada, bob]);
    await ada.client.acknowledgeAlert(alert?.id ?? '');
    await ada.client.addMember(den, 'bob');
    await ada.say(den, 'so you are new here');
    await other.sees(den, 'so you are new here');
  } finally {
    await scene.dispose();
  }
});

test('account-key-changed: with such a member in the room nothing is sent until somebody acknowledged it', async () => {
  const scene = await Scene.of('ada', 'bob');
  try {
    const [ada, bob] = scene.people as Two;
    const kitchen = scene.room;
    const other = await impostor(scene);
    scene.room = await ada.client.createRoom('Den');
    await other.client.join(await ada.client.invite(scene.room));
    await ada.alerted('account-key-changed');
    const [alert] = ada.client.alerts();
    const trust = () => ada.client.members(scene.room).find((m) => m.account === other.account)?.trust;
    const view = () => ada.client.rooms().find((r) => r.room === scene.room);
    await until(ada.client, () => trust() === 'changed', 'the impostor is marked');
    expect(view()?.blocked).toMatchObject({ alert: alert?.id });
    await sendsNothing(scene, ada);
    // The room with the Bob that she knows goes on.
    await goesOn(kitchen, [ada, bob]);
    await ada.client.acknowledgeAlert(alert?.id ?? '');
    await until(ada.client, () => view()?.blocked === null, 'the room is free');
    await ada.say(scene.room, 'so you are new here');
    await other.sees(scene.room, 'so you are new here');
    expect(ada.texts(scene.room)[0]).toContain('under a bad key');
    expect(bob.texts(scene.room)).toEqual([]);
  } finally {
    await scene.dispose();
  }
});

test('account-key-changed: nobody is alerted where Bob is Bob', async () => {
  const scene = await Scene.of('ada', 'bob');
  try {
    const [ada, bob] = scene.people as Two;
    const den = await ada.client.createRoom('Den');
    await ada.client.addMember(den, 'bob');
    await ada.say(den, 'so you are here');
    await bob.sees(den, 'so you are here');
    for (const { client } of scene.people) expect(client.alerts()).toEqual([]);
  } finally {
    await scene.dispose();
  }
});
