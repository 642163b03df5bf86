/** Lies about the server itself: another key, another store, an older one, receipts that it does not keep, weaker backups. */
import { b64, KIND, LIMITS, randomBytes } from '@sotto/protocol';
import { expect } from 'vitest';
import { Person } from '../../lib/person.ts';
import { aLie, sendsNothing } from '../../lib/scene.ts';

type Two = [ada: Person, bob: Person];

aLie(
  'server-key-changed',
  'another server answers under the same address',
  ['ada', 'bob'],
  async (scene, lying) => {
    const [ada, bob] = scene.people as Two;
    const { server } = scene;
    const face = await server.face({}, lying ? await server.otherKeys() : server.keys);
    for (const one of [ada, bob]) await one.reopen(face.url);
    if (lying) {
      for (const one of [ada, bob]) {
        await one.alerted('server-key-changed');
        await sendsNothing(scene, one);
        // It is not tried again: who stands in between would only have to wait.
        expect(one.client.connection()).toMatchObject({ state: 'offline', retryAt: null });
      }
    }
    return { victims: [ada, bob], after: lying ? 'no room' : 'goes on' };
  },
);

aLie(
  'store-generation-changed',
  'the store is another one than before',
  ['ada', 'bob'],
  async (scene, lying) => {
    const [ada, bob] = scene.people as Two;
    const face = await scene.server.face(lying ? { generation: b64(randomBytes(16)) } : {});
    for (const one of [ada, bob]) await one.reopen(face.url);
    return { victims: [ada, bob], after: 'goes on' };
  },
);

aLie('store-rolled-back', 'the store is an older copy of itself', ['ada', 'bob'], async (scene, lying) => {
  const [ada, bob] = scene.people as Two;
  const { server } = scene;
  const close = () => Promise.all([ada.close(), bob.close()]);
  const open = async (): Promise<void> => {
    const { url } = await server.face();
    for (const one of [ada, bob]) await one.open(url);
  };
  await close();
  const copy = await server.copy();
  await open();
  await ada.say(scene.room, 'acknowledged');
  await bob.sees(scene.room, 'acknowledged');
  await close();
  await server.stop();
  await server.resume(lying ? copy : server.dataDir);
  await open();
  return { victims: [ada, bob], after: 'stops' };
});

aLie('receipt-broken', 'a receipt that the server did not sign', ['ada', 'bob'], async (scene, lying) => {
  const [ada, bob] = scene.people as Two;
  const { signKey } = scene.server.keys;
  const other = await scene.server.otherKeys();
  // What signs receipts is handed over when the replica starts, what signs handshakes is looked up each time.
  const keys = { ...scene.server.keys, signKey: lying ? other.signKey : signKey };
  const face = await scene.server.face({}, keys);
  keys.signKey = signKey;
  await bob.reopen(face.url);
  await bob.online();
  await ada.say(scene.room, 'noted?');
  await bob.sees(scene.room, 'noted?');
  return { victims: [bob], after: 'stops' };
});

aLie(
  'receipt-broken',
  'the server signs for another history than the one it shows',
  ['ada', 'bob'],
  async (scene, lying) => {
    const [ada, bob] = scene.people as Two;
    const { store } = scene.server;
    const { length } = await scene.log();
    const other = randomBytes(32);
    // Bob's face reckons the chain with another digest than that of the entry that it hands out.
    const face = await scene.server.face({
      read: async (...of) =>
        (await store.read(...of)).map((entry) =>
          lying && entry.seq > length ? { ...entry, digest: other } : entry,
        ),
    });
    await bob.reopen(face.url);
    await bob.online();
    await ada.say(scene.room, 'noted?');
    await bob.sees(scene.room, 'noted?');
    return { victims: [bob], after: 'stops' };
  },
);

aLie(
  'backup-downgraded',
  'the server asks for a passphrase that is cheaper to guess',
  ['ada'],
  async (scene, lying) => {
    const words = 'correct horse battery staple';
    const dan = await Person.signUp(scene.url, 3, 'dan', words);
    const { store } = scene.server;
    const weaker = [
      { memoryKiB: LIMITS.argon2MemoryKiB / 2 },
      { passes: LIMITS.argon2Passes - 1 },
      { salt: b64(randomBytes(8)) },
    ];
    let fetched = 0;
    scene.face.lies.backupItems = (...of) => {
      fetched++;
      return store.backupItems(...of);
    };
    const other = new Person(8, 'dan');
    await other.open(scene.url);
    scene.people.push(dan, other);
    for (const weak of lying ? weaker : []) {
      scene.face.lies.backup = async (account) => {
        const backup = await store.backup(account);
        return backup === null
          ? null
          : { ...backup, method: { ...backup.method, ...weak } as typeof backup.method };
      };
      await expect(other.client.restore('dan', words)).rejects.toMatchObject({ alert: 'backup-downgraded' });
    }
    // Not even the half that proves the words was shown to it.
    expect(fetched).toBe(0);
    if (!lying) {
      await other.client.restore('dan', words);
      await other.online();
    }
    return { victims: [other], after: 'no room' };
  },
);

aLie(
  'store-rolled-back',
  'a message is acknowledged and never kept',
  ['ada', 'bob'],
  async (scene, lying) => {
    const [ada] = scene.people as Two;
    const { append } = scene.server.store;
    const { length } = await scene.log();
    if (lying) {
      scene.face.lies.append = async (request) =>
        request.kind === KIND.message
          ? { ok: true, seq: length + 1, at: Date.now(), duplicate: false, digests: [request.digest] }
          : append(request);
    }
    const id = await ada.client.sendText(scene.room, 'keep this');
    expect(await ada.client.acknowledged(scene.room, id)).toMatchObject({ seq: length + 1 });
    return { victims: [ada], after: 'stops' };
  },
);
