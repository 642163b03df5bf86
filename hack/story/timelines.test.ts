/**
 * Two people write, answer, edit, delete and react at random, side by side; a third comes when half of it is said. In the end all three
 * show the same, message by message, and so does each of them opened anew.
 */
import type { TimelineItem } from '@sotto/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Person } from '../lib/person.ts';
import { Scene } from '../lib/scene.ts';
import { seeded } from '../lib/seed.ts';

const MESSAGES = 300;
const AHEAD = 8;
const random = seeded('timelines');
let scene: Scene;

beforeAll(async () => {
  scene = await Scene.of('ada', 'bob');
  scene.people.push(await Person.signUp(scene.url, 4, 'cyd'));
});
afterAll(() => scene.dispose());

/** One random thing; its message id. */
function act({ client }: Person, n: number): Promise<string> {
  const { room } = scene;
  const texts = client.timeline(room).filter((item) => item.kind === 'text' && item.seq !== null);
  const any = texts.length === 0 ? null : random.pick(texts);
  const own = texts.filter((item) => item.mine);
  const mine = own.length === 0 ? null : random.pick(own);
  const dice = random.below(10);
  if (dice < 2 && any !== null) return client.sendText(room, `answer ${n}`, any.id);
  if (dice === 2 && mine !== null) return client.edit(room, mine.id, `edited ${n}`);
  if (dice === 3 && mine !== null) return client.remove(room, mine.id);
  if (dice < 6 && any !== null)
    return client.react(room, any.id, random.pick(['👍', '☕', '🎉']), random.below(4) > 0);
  return client.sendText(room, `message ${n} for @bob`);
}

async function writes(person: Person, from: number, count: number): Promise<void> {
  const waiting: Promise<unknown>[] = [];
  for (let i = 0; i < count; i++) {
    waiting.push(person.client.acknowledged(scene.room, await act(person, from + i)));
    if (waiting.length >= AHEAD) await waiting.shift();
  }
  await Promise.all(waiting);
}

/** What must be the same for every reader: all but the point of view. */
const shared = (item: TimelineItem) => {
  const { mine: _m, mentionsMe: _t, text, ...rest } = item;
  return { ...rest, text: item.kind === 'event' ? '' : text };
};

const shown = (person: Person) =>
  person
    .items(scene.room)
    .filter((item) => item.kind !== 'event')
    .map(shared);

async function settle(...people: Person[]): Promise<void> {
  const { length } = await scene.log();
  for (const one of people) await one.reaches(scene.room, length);
}

test(`${MESSAGES} messages, edits, deletions, answers and reactions: three timelines are one`, async () => {
  const [ada, bob, cyd] = scene.people as [Person, Person, Person];
  const half = MESSAGES / 4;
  await Promise.all([writes(ada, 0, half), writes(bob, 1000, half)]);
  await cyd.client.join(await ada.client.invite(scene.room));
  const { since = 0 } = cyd.client.rooms().find((room) => room.room === scene.room) ?? {};
  await Promise.all([writes(ada, 2000, half), writes(bob, 3000, half)]);
  await settle(ada, bob, cyd);

  const kinds = Object.groupBy(shown(ada), (item) => item.kind);
  console.log(
    `timelines: ${(await scene.log()).length} entries; ${kinds.text?.length} texts, ${kinds.deleted?.length} deleted,`,
    `${shown(ada).filter((i) => i.edited).length} edited, ${shown(ada).filter((i) => i.reactions.length > 0).length} with reactions`,
  );
  expect(kinds.unreadable).toBeUndefined();
  expect(shown(bob)).toEqual(shown(ada));

  // Cyd reads from its join on the same; what an answer quotes from before stays closed to it.
  const open = (items: ReturnType<typeof shown>) =>
    items
      .filter((item) => (item.seq ?? 0) > since)
      .map(({ replyTo, ...rest }) => ({ ...rest, replyTo: replyTo?.id }));
  expect(open(shown(cyd))).toEqual(open(shown(ada)));
  expect(shown(cyd).filter((item) => (item.seq ?? 0) <= since)).toEqual([]);

  await ada.client.grantHistory(scene.room, cyd.account);
  await settle(ada, bob, cyd);
  await expect.poll(() => shown(cyd).length).toBe(shown(ada).length);
  expect(shown(cyd)).toEqual(shown(ada));

  const before = shown(ada);
  for (const person of scene.people) {
    await person.reopen();
    await person.online();
    expect(shown(person), person.handle).toEqual(before);
    expect(person.client.alerts()).toEqual([]);
  }
});
