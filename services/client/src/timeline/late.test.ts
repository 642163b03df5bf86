/** Records that say more than those in their place did: a grant or a key came. And those that never will. */
import { beforeEach, expect, test } from 'vitest';
import { locked, message, Scene, statement } from '../../testing/timeline-scene.ts';

let scene: Scene;

beforeEach(() => {
  scene = Scene.ofThree();
});

test('edits, deletes and reactions wait for their target', () => {
  const [one, two] = [scene.hide(), scene.add(locked(scene.next, 'ben', 'two'))];
  scene.say('ann', { kind: 'edit', target: 'one', text: 'newer' });
  scene.say('ben', { kind: 'reaction', target: 'one', emoji: '👍', on: true });
  const forged = scene.say('ben', { kind: 'delete', target: 'one' });
  scene.say('ann', { kind: 'delete', target: 'two' });
  expect(scene.ids()).not.toContain(forged);
  scene.timeline.replace(message(one, 'ann', 'one', { kind: 'text', text: 'old' }));
  scene.timeline.replace(message(two, 'ben', 'two', { kind: 'text', text: 'old' }));
  expect(scene.item('one')).toMatchObject({
    text: 'newer',
    edited: true,
    reactions: [{ emoji: '👍', accounts: ['ben'] }],
  });
  expect(scene.item('two').kind).toBe('deleted');
  expect(scene.item(forged).kind).toBe('unreadable');
});

test('what cannot be opened is shown with its cause and becomes the message in its place', () => {
  const seq = scene.add(locked(scene.next, 'ben', 'late'));
  expect(scene.item('late')).toMatchObject({
    kind: 'unreadable',
    seq,
    handle: 'Ben',
    text: '',
    unreadable: { cause: 'The key is not here.', action: 'Wait for it.' },
  });
  scene.timeline.takeChanges();
  scene.timeline.replace(message(seq, 'ben', 'late', { kind: 'text', text: 'here' }));
  const { items, reset } = scene.timeline.takeChanges();
  expect(reset).toBe(false);
  expect(items).toMatchObject([{ id: 'late', kind: 'text', text: 'here', unreadable: null, seq }]);
});

test('an item that goes away makes the whole timeline come', () => {
  const id = scene.say('ann', 'one');
  const seq = scene.add(locked(scene.next, 'ben', 'late'));
  scene.timeline.takeChanges();
  scene.timeline.replace(
    message(seq, 'ben', 'late', { kind: 'reaction', target: id, emoji: '👍', on: true }),
  );
  const { items, reset } = scene.timeline.takeChanges();
  expect(reset).toBe(true);
  expect(items).toEqual(scene.items());
  expect(items.map((item) => item.id)).not.toContain('late');
  expect(scene.timeline.takeChanges()).toEqual({ items: [], reset: false });
});

test('a refused entry is shown with its cause and does nothing', () => {
  const unreadable = { cause: 'Nobody signed this.', action: 'Compare the room code.' };
  scene.add({ kind: 'refused', seq: scene.next, at: 9, account: 'ben', unreadable });
  scene.add({ kind: 'refused', seq: scene.next, at: 9, account: null, unreadable });
  expect(scene.items().slice(-2)).toMatchObject([
    { id: 'entry:4', kind: 'unreadable', handle: 'Ben', at: 9, unreadable },
    { id: 'entry:5', kind: 'unreadable', handle: '', account: '', unreadable },
  ]);
});

test('a message id used twice: the earlier place in the log counts, whichever came first', () => {
  const seq = scene.hide();
  scene.say('ben', 'second', 'same');
  expect(scene.item('same').text).toBe('second');
  scene.timeline.replace(message(seq, 'ann', 'same', { kind: 'text', text: 'first' }));
  expect(scene.item('same').text).toBe('first');
  expect(scene.item('entry:5')).toMatchObject({ kind: 'unreadable', handle: 'Ben', text: '' });
  expect(scene.item('entry:5').unreadable?.cause).toMatch(/number of an earlier one/);
});

test('a change whose id was used before is not applied', () => {
  const id = scene.say('ann', 'one');
  scene.say('ann', { kind: 'edit', target: id, text: 'two' }, id);
  scene.say('ann', { kind: 'profile', name: 'Garden' }, id);
  expect(scene.item(id).text).toBe('one');
  expect(scene.timeline.name).toBe('');
});

test('a role learnt late judges anew what was done under it', () => {
  const id = scene.say('ann', 'one');
  const seq = scene.hide();
  const attempt = scene.say('ben', { kind: 'delete', target: id });
  expect(scene.item(attempt).kind).toBe('unreadable');
  scene.timeline.takeChanges();
  const promoted = { type: 'member.role', account: 'ben', role: 'admin' } as const;
  scene.timeline.replace(statement(seq, 'ann', promoted));
  expect(scene.item(id).kind).toBe('deleted');
  expect(scene.ids()).not.toContain(attempt);
  expect(scene.timeline.takeChanges()).toMatchObject({ reset: true, items: scene.items() });
});
