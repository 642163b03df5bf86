/** One account on several devices: restored by phrase and by passphrase, the same on each, and cut off when one is revoked. */
import { parseEnvelope } from '@sotto/protocol';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Person } from '../lib/person.ts';
import { Scene } from '../lib/scene.ts';
import { until } from '../lib/until.ts';

const PASSPHRASE = 'correct horse battery staple';
let scene: Scene;
let ada: Person;
let bob: Person;

beforeEach(async () => {
  scene = await Scene.of('ada', 'bob');
  [ada, bob] = scene.people as [Person, Person];
});
afterEach(() => scene.dispose());

async function restored(i: number, of: Person): Promise<Person> {
  const device = await Person.restore(scene.url, i, of);
  scene.people.push(device);
  return device;
}

const device = (person: Person): string => person.client.account()?.device ?? '';

const quiet = (): void => {
  for (const { client } of scene.people) expect(client.alerts()).toEqual([]);
};

async function agree(...devices: Person[]): Promise<void> {
  const { length } = await scene.log();
  for (const one of devices) await one.reaches(scene.room, length);
  const [first, ...others] = devices.map((one) => one.items(scene.room));
  for (const other of others) expect(other).toEqual(first);
}

async function seesTheSame(of: Person): Promise<void> {
  await of.say(scene.room, 'before');
  const second = await restored(5, of);
  expect(second.client.account()).toMatchObject({ account: of.account, handle: of.handle });
  expect(device(second)).not.toBe(device(of));
  await until(second.client, () => second.texts(scene.room).length === 2, 'it reads what was said before');
  expect(second.client.rooms().map((room) => room.name)).toEqual(['Kitchen']);
  await bob.say(scene.room, 'to both');
  await second.say(scene.room, 'from the second');
  await of.say(scene.room, 'from the first');
  for (const one of [of, second, bob]) await one.sees(scene.room, 'from the first');
  await agree(of, second);
  expect(bob.texts(scene.room)).toEqual(of.texts(scene.room));
  const mine = second.items(scene.room).filter((item) => item.mine && item.kind === 'text');
  expect(mine.map((item) => item.text)).toEqual(
    ['welcome', 'before', 'from the second', 'from the first'].slice(of === ada ? 0 : 1),
  );
  expect(await of.client.devices()).toHaveLength(2);
  quiet();
}

test('a second device by recovery phrase sees all that the first does, and each reads the other', () =>
  seesTheSame(ada));

test('a second device by passphrase does as well', async () => {
  const cyd = await Person.signUp(scene.url, 6, 'cyd', PASSPHRASE);
  scene.people.push(cyd);
  scene.room = await cyd.client.createRoom('Kitchen');
  await cyd.client.addMember(scene.room, 'bob');
  await cyd.say(scene.room, 'welcome');
  await bob.sees(scene.room, 'welcome');
  await cyd.say(scene.room, 'before');
  const second = await restored(5, cyd);
  await until(second.client, () => second.texts(scene.room).length === 2, 'it reads what was said before');
  await second.say(scene.room, 'from the second');
  for (const one of [cyd, bob]) await one.sees(scene.room, 'from the second');
  await agree(cyd, second);
  quiet();
});

test('the wrong words restore nothing', async () => {
  const thief = new Person(5, 'ada');
  await thief.open(scene.url);
  scene.people.push(thief);
  const wrong = bob.words;
  await expect(thief.client.restore('ada', wrong)).rejects.toMatchObject({ code: 'auth_failed' });
  await expect(thief.client.restore('ada', 'no words at all')).rejects.toMatchObject({ code: 'bad_request' });
  await expect(thief.client.restore('nobody', wrong)).rejects.toMatchObject({ code: 'unknown_handle' });
  expect(thief.client.account()).toBeNull();
  expect(await ada.client.devices()).toHaveLength(1);
});

test('a revoked device is cut off, and no room key is made for it any more', async () => {
  const lost = await restored(5, ada);
  await lost.say(scene.room, 'soon lost');
  await bob.sees(scene.room, 'soon lost');
  await ada.client.revokeDevice(device(lost));
  const isOut = () => {
    const state = lost.client.connection();
    return state.state === 'offline' && state.retryAt === null;
  };
  await until(lost.client, isOut, 'the lost device is cut off');
  await bob.say(scene.room, 'without it');
  await ada.sees(scene.room, 'without it');
  expect(await ada.client.devices()).toContainEqual(
    expect.objectContaining({ device: device(lost), live: false }),
  );
  const puppet = scene.puppet(lost);
  const { epoch } = await puppet.seen();
  expect(await puppet.secret(epoch - 1)).not.toBeNull();
  expect(await puppet.secret(epoch)).toBeNull();
  // It comes back with all that it has, and is let in nowhere.
  await lost.reopen();
  await until(lost.client, isOut, 'the lost device is refused');
  await expect(puppet.signIn(scene.url)).rejects.toMatchObject({ code: 'device_revoked' });
  expect(lost.texts(scene.room)).toEqual(['welcome', 'soon lost']);
  quiet();
});

test('restored after a revocation: all that was said meanwhile is read, and by the revoked device none of it', async () => {
  const lost = await restored(5, ada);
  await ada.client.revokeDevice(device(lost));
  await bob.say(scene.room, 'without the lost one');
  await ada.sees(scene.room, 'without the lost one');
  const third = await restored(6, ada);
  await third.sees(scene.room, 'without the lost one');
  await third.say(scene.room, 'from the third');
  for (const one of [ada, bob]) await one.sees(scene.room, 'from the third');
  await agree(ada, third);
  const live = (await third.client.devices()).filter((d) => d.live).map((d) => d.device);
  expect(live).toEqual([device(ada), device(third)]);
  const puppet = scene.puppet(lost);
  expect(await puppet.secret((await puppet.seen()).epoch)).toBeNull();
  expect(lost.texts(scene.room)).toEqual(['welcome']);
  quiet();
});

test('what a revoked device still sends through a server that does not care is refused by the others', async () => {
  const lost = await restored(5, ada);
  await lost.say(scene.room, 'soon lost');
  await ada.client.revokeDevice(device(lost));
  await lost.close();
  await bob.say(scene.room, 'without it');
  await ada.sees(scene.room, 'without it');
  const last = (await scene.log()).at(-1);
  expect(parseEnvelope(last?.bytes as never).header.account).toEqual(bob.mule.account);
  await bob.close();
  const seq = await scene.server.letIn(await scene.puppet(lost).message('from the thief'), bob.mule);
  await ada.alerted('ghost-device');
  await ada.reaches(scene.room, seq);
  expect(ada.texts(scene.room)).not.toContain('from the thief');
  await ada.say(scene.room, 'we go on');
});

test('an account whose only device was forgotten is restored, with all that was said', async () => {
  await ada.say(scene.room, 'before I lost it');
  await bob.sees(scene.room, 'before I lost it');
  await ada.client.forget();
  expect(ada.client.account()).toBeNull();
  await bob.say(scene.room, 'are you there?');
  const again = await restored(5, ada);
  await again.sees(scene.room, 'before I lost it');
  await again.sees(scene.room, 'are you there?');
  await again.say(scene.room, 'back');
  await bob.sees(scene.room, 'back');
  expect((await again.client.devices()).map((d) => d.live)).toEqual([false, true]);
  quiet();
});
