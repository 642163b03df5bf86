/** What waits to be sent, from the tap on the button to the log. */
import type { Payload } from '@sotto/protocol';
import { beforeEach, expect, test } from 'vitest';
import { admit, create, ME, message, pending, Scene } from '../../testing/timeline-scene.ts';

let scene: Scene;
const text = (said: string) => ({ kind: 'text', text: said }) as const;
const refused = { send: 'refused', refusal: 'You are not in this room any more.' } as const;

beforeEach(() => {
  scene = new Scene();
  scene.state('ann', create);
  scene.state('ann', admit(ME));
  scene.timeline.takeChanges();
});

test('stands behind the log in the order of sending', () => {
  scene.timeline.pend(pending('p1', text('one'), { send: 'sent' }));
  scene.timeline.pend(pending('p2', { kind: 'reply', target: 'p1', text: 'two' }));
  scene.say('ann', 'meanwhile');
  expect(scene.ids()).toEqual(['entry:1', 'entry:2', 'm3', 'p1', 'p2']);
  expect(scene.item('p1')).toMatchObject({ seq: null, send: 'sent', mine: true, handle: 'Ina', at: 7 });
  expect(scene.item('p2')).toMatchObject({
    send: 'queued',
    replyTo: { id: 'p1', handle: 'Ina', text: 'one' },
  });
  scene.timeline.pend(pending('p1', text('one'), { send: 'logged', seq: 4 }));
  expect(scene.items().map(({ id, seq, send }) => [id, seq, send])).toEqual([
    ['entry:1', 1, 'logged'],
    ['entry:2', 2, 'logged'],
    ['m3', 3, 'logged'],
    ['p1', 4, 'logged'],
    ['p2', null, 'queued'],
  ]);
});

test('an acknowledged one stands before one that was refused earlier', () => {
  scene.timeline.pend(pending('p1', text('one'), refused));
  scene.timeline.pend(pending('p2', text('two'), { send: 'logged', seq: 3 }));
  expect(scene.ids()).toEqual(['entry:1', 'entry:2', 'p2', 'p1']);
});

test('becomes the entry of the same id: one item all the time, which comes up as changed', () => {
  scene.timeline.pend(pending('p1', text('one'), { send: 'sent' }));
  expect(scene.timeline.takeChanges().items.map((item) => item.id)).toEqual(['p1']);
  scene.add(message(3, ME, 'p1', text('one')));
  expect(scene.ids()).toEqual(['entry:1', 'entry:2', 'p1']);
  const { items, reset } = scene.timeline.takeChanges();
  expect(reset).toBe(false);
  expect(items).toMatchObject([{ id: 'p1', seq: 3, send: 'logged' }]);
  scene.timeline.unpend('p1');
  expect(scene.timeline.takeChanges()).toEqual({ items: [], reset: false });
  expect(scene.ids()).toEqual(['entry:1', 'entry:2', 'p1']);
});

test('an edit shows its text at once, and how far it is', () => {
  const id = scene.say(ME, 'one');
  const edit: Payload = { kind: 'edit', target: id, text: 'two', mentions: [ME] };
  scene.timeline.pend(pending('p1', edit));
  const edited = { text: 'two', edited: true, mentionsMe: true };
  expect(scene.item(id)).toMatchObject({ ...edited, send: 'queued', seq: 3 });
  scene.timeline.pend(pending('p1', edit, { send: 'sent' }));
  expect(scene.item(id).send).toBe('sent');
  scene.add(message(4, ME, 'p1', edit));
  expect(scene.item(id)).toMatchObject({ ...edited, send: 'logged' });
  expect(scene.items()).toHaveLength(3);
});

test('a reaction counts at once, and once', () => {
  const id = scene.say('ann', 'one');
  const reaction = { kind: 'reaction', target: id, emoji: '👍', on: true } as const;
  scene.timeline.pend(pending('p1', reaction));
  expect(scene.item(id)).toMatchObject({ reactions: [{ emoji: '👍', accounts: [ME] }], send: 'queued' });
  scene.add(message(4, ME, 'p1', reaction));
  scene.timeline.unpend('p1');
  expect(scene.item(id)).toMatchObject({ reactions: [{ emoji: '👍', accounts: [ME] }], send: 'logged' });
});

test('changes of a message that is itself still on its way', () => {
  scene.timeline.pend(pending('p1', text('one'), { send: 'sent' }));
  scene.timeline.pend(pending('p2', { kind: 'edit', target: 'p1', text: 'two' }));
  expect(scene.item('p1')).toMatchObject({ text: 'two', edited: true, send: 'queued' });
  scene.timeline.pend(pending('p3', { kind: 'delete', target: 'p1' }));
  expect(scene.item('p1')).toMatchObject({ kind: 'deleted', text: '' });
  expect(scene.items()).toHaveLength(3);
});

test('a delete that this account may not make is not shown as done', () => {
  const id = scene.say('ann', 'one');
  scene.timeline.pend(pending('p1', { kind: 'delete', target: id }));
  expect(scene.item(id).kind).toBe('text');
  scene.state('ann', { type: 'member.role', account: ME, role: 'admin' });
  expect(scene.item(id)).toMatchObject({ kind: 'deleted', send: 'queued' });
});

test('what was refused is taken back and stands behind the log with its text', () => {
  const id = scene.say(ME, 'one');
  const edit = { kind: 'edit', target: id, text: 'two' } as const;
  scene.timeline.pend(pending('p1', edit));
  scene.timeline.pend(pending('p2', { kind: 'reaction', target: id, emoji: '👍', on: true }));
  scene.timeline.pend(pending('p3', { kind: 'delete', target: id }));
  expect(scene.item(id).kind).toBe('deleted');
  scene.timeline.takeChanges();
  scene.timeline.pend(pending('p1', edit, refused));
  scene.timeline.pend(pending('p2', { kind: 'reaction', target: id, emoji: '👍', on: true }, refused));
  scene.timeline.pend(pending('p3', { kind: 'delete', target: id }, refused));
  scene.timeline.pend(pending('p4', { kind: 'profile', name: 'Shed' }, refused));
  scene.timeline.pend(pending('p5', text('three'), refused));
  const { items, reset } = scene.timeline.takeChanges();
  expect(reset).toBe(false);
  const taken = { ...refused, seq: null, replyTo: { id, handle: 'Ina', text: 'one' } };
  expect(items).toMatchObject([
    { id, text: 'one', edited: false, reactions: [], send: 'logged' },
    { id: 'p1', kind: 'text', text: 'two', ...taken },
    { id: 'p2', kind: 'event', text: 'You reacted with 👍', ...taken },
    { id: 'p3', kind: 'event', text: 'You deleted a message', ...taken },
    { id: 'p4', kind: 'event', text: 'You named the room “Shed”', ...taken, replyTo: null },
    { id: 'p5', kind: 'text', text: 'three', ...taken, replyTo: null },
  ]);
  scene.timeline.unpend('p1');
  expect(scene.timeline.takeChanges()).toMatchObject({ reset: true, items: { length: 7 } });
});

test('a refused change that appears between others makes the whole timeline come', () => {
  const edit = { kind: 'edit', target: 'm3', text: 'two' } as const;
  scene.say(ME, 'one');
  scene.timeline.pend(pending('p1', edit));
  scene.timeline.pend(pending('p2', text('three')));
  scene.timeline.takeChanges();
  scene.timeline.pend(pending('p1', edit, refused));
  const { items, reset } = scene.timeline.takeChanges();
  expect(reset).toBe(true);
  expect(items.map((item) => item.id)).toEqual(['entry:1', 'entry:2', 'm3', 'p1', 'p2']);
});

test('the room list shows one’s own message at once, unless it was refused', () => {
  scene.say('ann', 'one');
  scene.timeline.pend(pending('p1', text('two')));
  scene.timeline.pend(pending('p2', { kind: 'reaction', target: 'm3', emoji: '👍', on: true }));
  expect(scene.timeline.preview()).toEqual({ handle: 'Ina', text: 'two', at: 7 });
  expect(scene.timeline.unread(0)).toEqual({ unread: 1, mentions: 0 });
  scene.timeline.pend(pending('p1', text('two'), refused));
  expect(scene.timeline.preview()?.text).toBe('one');
});
