/** A newcomer reads from its join on; what was before is opened by a grant that everybody sees. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Person } from '../lib/person.ts';
import { Scene } from '../lib/scene.ts';
import { until } from '../lib/until.ts';

let scene: Scene;
let ada: Person;
let bob: Person;
let cyd: Person;

beforeEach(async () => {
  scene = await Scene.of('ada', 'bob');
  [ada, bob] = scene.people as [Person, Person];
  cyd = await Person.signUp(scene.url, 4, 'cyd');
  scene.people.push(cyd);
  await ada.say(scene.room, 'an old secret');
  await bob.say(scene.room, 'an older one');
});
afterEach(() => scene.dispose());

const view = (person: Person) => person.client.rooms().find((room) => room.room === scene.room);

/** Texts and events of the log that are the same words for every reader. */
const common = (person: Person) =>
  person
    .items(scene.room)
    .map(({ id, seq, kind, account, handle, at, text, edited, replyTo, reactions }) => ({
      id,
      seq,
      kind,
      account,
      handle,
      at,
      edited,
      replyTo,
      reactions,
      text: kind === 'event' ? '' : text,
    }));

const quiet = (): void => {
  for (const { client } of scene.people) expect(client.alerts()).toEqual([]);
};

async function cydJoins(): Promise<void> {
  await cyd.client.join(await ada.client.invite(scene.room));
  await ada.say(scene.room, 'welcome, cyd');
  await cyd.sees(scene.room, 'welcome, cyd');
}

test('a newcomer sees nothing from before its join, and the store hands it none of it', async () => {
  await cydJoins();
  expect(cyd.texts(scene.room)).toEqual(['welcome, cyd']);
  const { since = 0, name } = view(cyd) ?? {};
  expect(name).toBe('Kitchen');
  expect(since).toBeGreaterThan(1);
  const readable = cyd.items(scene.room).filter((item) => (item.seq ?? 0) < since && item.kind !== 'event');
  expect(readable).toEqual([]);
  await cyd.reopen();
  await cyd.online();
  expect(cyd.texts(scene.room)).toEqual(['welcome, cyd']);
  quiet();
});

test('a grant opens it, everybody sees that it was given, and the timelines agree', async () => {
  await cydJoins();
  await ada.client.grantHistory(scene.room, cyd.account);
  await cyd.sees(scene.room, 'an old secret');
  const head = (await scene.log()).length;
  for (const one of [ada, bob, cyd]) await one.reaches(scene.room, head);
  const event = (person: Person) => person.items(scene.room).find((item) => item.seq === head)?.text;
  expect([ada, bob, cyd].map(event)).toEqual([
    'You let cyd read earlier messages',
    'ada let cyd read earlier messages',
    'ada let you read earlier messages',
  ]);
  expect(view(cyd)?.since).toBe(1);
  const texts = ['welcome', 'an old secret', 'an older one', 'welcome, cyd'];
  for (const one of [ada, bob, cyd]) expect(one.texts(scene.room)).toEqual(texts);
  const messages = (person: Person) => common(person).filter((item) => item.kind === 'text');
  expect(messages(cyd)).toEqual(messages(ada));
  expect(messages(bob)).toEqual(messages(ada));
  await cyd.reopen();
  await cyd.online();
  expect(cyd.texts(scene.room)).toEqual(texts);
  quiet();
});

test('a grant that comes while the newcomer is away is read when it is back', async () => {
  await cydJoins();
  await cyd.close();
  await bob.client.grantHistory(scene.room, cyd.account);
  await cyd.open();
  await until(cyd.client, () => cyd.texts(scene.room).length > 1, 'Cyd reads what was granted');
  // Bob was added after the room was named, and grants no more than he may read.
  expect(cyd.texts(scene.room)).toEqual(['welcome', 'an old secret', 'an older one', 'welcome, cyd']);
  quiet();
});

test('a grant opens nothing to others: the next newcomer begins at its own join', async () => {
  await cydJoins();
  await ada.client.grantHistory(scene.room, cyd.account);
  const dan = await Person.signUp(scene.url, 5, 'dan');
  scene.people.push(dan);
  await ada.client.addMember(scene.room, 'dan');
  await ada.say(scene.room, 'welcome, dan');
  await dan.sees(scene.room, 'welcome, dan');
  expect(dan.texts(scene.room)).toEqual(['welcome, dan']);
  quiet();
});
