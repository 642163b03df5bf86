/**
 * Nobody lies, and everything happens at once: people write, come and go, get new devices and new keys, lose old ones, are added and
 * removed. No alert may come of it, and in the end everybody who is a member shows the same.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Person } from '../lib/person.ts';
import { Scene } from '../lib/scene.ts';
import { seeded } from '../lib/seed.ts';
import { shown } from '../lib/until.ts';

const STEPS = 25;
const WEEK_MS = 8 * 86_400_000;
const random = seeded('calm');
let scene: Scene;
let guest: Person;

beforeAll(async () => {
  scene = await Scene.of('ada', 'bob', 'cyd');
  guest = await Person.signUp(scene.url, 3, 'eve');
});
afterAll(async () => {
  await guest.close();
  await scene.dispose();
});

/** What one of the three does next; all their lanes run side by side. */
async function step(lane: Person, spare: Person[], n: number): Promise<string> {
  const { room } = scene;
  const dice = random.below(20);
  if (dice === 0) {
    lane.ahead += WEEK_MS;
    await lane.reopen();
    await lane.online();
    return 'a new key';
  }
  if (dice === 1) {
    await lane.reopen();
    return 'a restart';
  }
  if (dice === 2 && spare.length < 2) {
    const device = await Person.restore(scene.url, 20 + scene.people.length, lane);
    spare.push(device);
    scene.people.push(device);
    return 'a new device';
  }
  if (dice === 3 && spare.length > 0) {
    const lost = spare.pop() as Person;
    await lane.client.revokeDevice(lost.client.account()?.device ?? '');
    scene.people.splice(scene.people.indexOf(lost), 1);
    await lost.close();
    return 'a device less';
  }
  if (dice === 4 && lane.handle === 'ada') {
    const isIn = lane.client.members(room).some((m) => m.account === guest.account);
    await (isIn ? lane.client.removeMember(room, guest.account) : lane.client.addMember(room, 'eve'));
    return isIn ? 'a member less' : 'a new member';
  }
  const writer = spare.length > 0 && random.below(3) === 0 ? random.pick(spare) : lane;
  await writer.client.acknowledged(room, await writer.client.sendText(room, `${lane.handle} ${n}`));
  return 'a message';
}

async function walk(lane: Person, did: Map<string, number>): Promise<void> {
  const spare: Person[] = [];
  for (let n = 0; n < STEPS; n++) {
    const what = await step(lane, spare, n);
    did.set(what, (did.get(what) ?? 0) + 1);
  }
}

test('an honest server, busy people: no alert, one timeline', async () => {
  const did = new Map<string, number>();
  await Promise.all(scene.people.slice(0, 3).map((lane) => walk(lane, did)));
  console.log('calm:', Object.fromEntries(did));
  const [ada, ...others] = scene.people as [Person, ...Person[]];
  await Promise.all(scene.people.map((person) => person.online()));
  await ada.say(scene.room, 'what a day');
  for (const one of others) await one.sees(scene.room, 'what a day');
  for (const { client } of [...scene.people, guest]) expect(client.alerts(), shown(client)).toEqual([]);
  const words = (person: Person) => person.texts(scene.room);
  for (const one of others) expect(words(one), one.handle).toEqual(words(ada));
});
