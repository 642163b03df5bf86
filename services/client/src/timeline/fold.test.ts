/** What people do to messages, and what the timeline shows of it. */
import { beforeEach, describe, expect, test } from 'vitest';
import { hidden, join, locked, ME, message, Scene } from '../../testing/timeline-scene.ts';

let scene: Scene;

beforeEach(() => {
  scene = Scene.ofThree();
});

describe('messages', () => {
  test('a text is an item under its message id, with the sender’s clock', () => {
    const id = scene.say('ann', 'Hello');
    expect(scene.item(id)).toEqual({
      id: 'm4',
      seq: 4,
      kind: 'text',
      account: 'ann',
      handle: 'Ann',
      mine: false,
      at: 3995,
      text: 'Hello',
      edited: false,
      replyTo: null,
      reactions: [],
      mentionsMe: false,
      send: 'logged',
      refusal: null,
      unreadable: null,
    });
    expect(scene.item(scene.say(ME, 'Hi')).mine).toBe(true);
  });

  test('a mention of the reader is marked', () => {
    const mine = scene.say('ann', { kind: 'text', text: 'Ina, Ben', mentions: ['ben', ME] });
    const other = scene.say('ann', { kind: 'text', text: 'Ben', mentions: ['ben'] });
    expect(scene.item(mine).mentionsMe).toBe(true);
    expect(scene.item(other).mentionsMe).toBe(false);
  });

  test('its author’s edits replace text and mentions; the last in the log counts', () => {
    const id = scene.say('ann', { kind: 'text', text: 'one', mentions: [ME] });
    scene.say('ann', { kind: 'edit', target: id, text: 'two' });
    expect(scene.item(id)).toMatchObject({ text: 'two', edited: true, mentionsMe: false });
    scene.say('ann', { kind: 'edit', target: id, text: 'three', mentions: [ME] });
    expect(scene.item(id)).toMatchObject({ text: 'three', edited: true, mentionsMe: true });
    expect(scene.ids().at(-1)).toBe(id);
  });

  test('somebody else’s edit is ignored and named, an owner’s too', () => {
    const id = scene.say('ben', 'mine');
    const attempt = scene.say('ann', { kind: 'edit', target: id, text: 'forged' });
    expect(scene.item(id)).toMatchObject({ text: 'mine', edited: false });
    expect(scene.item(attempt)).toMatchObject({
      kind: 'unreadable',
      handle: 'Ann',
      text: '',
      unreadable: { cause: 'Ann tried to change a message of somebody else.', action: expect.any(String) },
    });
  });

  test('a deleted message keeps its place and loses everything else', () => {
    const id = scene.say('ben', { kind: 'text', text: 'secret', mentions: [ME] });
    scene.say('ann', { kind: 'reaction', target: id, emoji: '👍', on: true });
    scene.say('ben', { kind: 'delete', target: id });
    scene.say('ben', { kind: 'edit', target: id, text: 'again' });
    expect(scene.item(id)).toMatchObject({
      kind: 'deleted',
      text: '',
      reactions: [],
      mentionsMe: false,
      handle: 'Ben',
    });
    expect(JSON.stringify(scene.items())).not.toMatch(/secret|again/);
  });

  test('owners and admins delete what others wrote, as long as they are that', () => {
    const ids = ['one', 'two', 'three'].map((text) => scene.say('ann', text));
    const [one, two, three] = ids as [string, string, string];
    const early = scene.say('ben', { kind: 'delete', target: one });
    scene.state('ann', { type: 'member.role', account: 'ben', role: 'admin' });
    scene.say('ben', { kind: 'delete', target: two });
    scene.state('ann', { type: 'member.role', account: 'ben', role: 'member' });
    const late = scene.say('ben', { kind: 'delete', target: three });
    expect(ids.map((id) => scene.item(id).kind)).toEqual(['text', 'deleted', 'text']);
    for (const id of [early, late]) {
      expect(scene.item(id).unreadable?.cause).toBe('Ben tried to change a message of somebody else.');
    }
  });

  test('an edit of something that is no message is ignored and named', () => {
    const id = scene.say('ann', 'one');
    const edit = scene.say('ann', { kind: 'edit', target: id, text: 'two' });
    const second = scene.say('ann', { kind: 'edit', target: edit, text: 'three' });
    expect(scene.item(id).text).toBe('two');
    expect(scene.item(second).unreadable?.cause).toMatch(/not a message/);
  });
});

describe('reactions', () => {
  const react = (account: string, target: string, emoji: string, on = true) =>
    scene.say(account, { kind: 'reaction', target, emoji, on });

  test('each account has each emoji once, in the order of first appearance', () => {
    const id = scene.say('ann', 'Hello');
    react('ben', id, '🎉');
    react('ann', id, '👍');
    react('ann', id, '🎉');
    react('ann', id, '🎉');
    expect(scene.item(id).reactions).toEqual([
      { emoji: '🎉', accounts: ['ben', 'ann'] },
      { emoji: '👍', accounts: ['ann'] },
    ]);
    react('ben', id, '🎉', false);
    react('ann', id, '🎉', false);
    react('ben', id, '👀', false);
    expect(scene.item(id).reactions).toEqual([{ emoji: '👍', accounts: ['ann'] }]);
    react('ben', id, '🎉');
    expect(scene.item(id).reactions[0]).toEqual({ emoji: '🎉', accounts: ['ben'] });
    expect(scene.ids().at(-1)).toBe(id);
  });

  test('to something that is no message they do nothing', () => {
    const before = scene.items();
    react('ann', 'm404', '👍');
    expect(scene.items()).toEqual(before);
  });
});

describe('replies', () => {
  test('carry the text that their target has now', () => {
    const id = scene.say('ann', 'one');
    const reply = scene.say('ben', { kind: 'reply', target: id, text: 'yes' });
    expect(scene.item(reply)).toMatchObject({
      kind: 'text',
      text: 'yes',
      replyTo: { id, handle: 'Ann', text: 'one' },
    });
    scene.timeline.takeChanges();
    scene.say('ann', { kind: 'edit', target: id, text: 'two' });
    expect(scene.timeline.takeChanges().items.map((item) => item.id)).toEqual([id, reply]);
    expect(scene.item(reply).replyTo?.text).toBe('two');
    scene.say('ann', { kind: 'delete', target: id });
    expect(scene.item(reply).replyTo).toEqual({ id, handle: 'Ann', text: 'This message was deleted' });
  });

  test('quote about 140 characters and break none', () => {
    const id = scene.say('ann', '😀'.repeat(200));
    const reply = scene.say('ben', { kind: 'reply', target: id, text: 'long' });
    expect(scene.item(reply).replyTo?.text).toBe(`${'😀'.repeat(140)}…`);
  });

  test('say so where their target is not shown, and follow when it comes', () => {
    const seq = scene.hide();
    const reply = scene.say('ben', { kind: 'reply', target: 'old', text: 'yes' });
    expect(scene.item(reply).replyTo).toEqual({
      id: 'old',
      handle: '',
      text: 'This message is not shown here',
    });
    scene.timeline.replace(locked(seq, 'ann', 'old'));
    expect(scene.item(reply).replyTo).toEqual({
      id: 'old',
      handle: 'Ann',
      text: 'This message cannot be read',
    });
    scene.timeline.replace(message(seq, 'ann', 'old', { kind: 'text', text: 'one' }));
    expect(scene.item(reply).replyTo).toEqual({ id: 'old', handle: 'Ann', text: 'one' });
  });
});

describe('what the room list shows', () => {
  test('unread messages and mentions behind the cursor', () => {
    const first = scene.next;
    scene.say('ann', { kind: 'text', text: 'one', mentions: [ME] });
    scene.say('ann', { kind: 'text', text: 'two', mentions: [ME] });
    scene.say(ME, { kind: 'text', text: 'my own', mentions: [ME] });
    const deleted = scene.say('ben', 'three');
    scene.say('ben', 'four');
    scene.add(locked(scene.next, 'ben', 'late'));
    expect(scene.timeline.unread(0)).toEqual({ unread: 4, mentions: 2 });
    expect(scene.timeline.unread(first)).toEqual({ unread: 3, mentions: 1 });
    scene.say('ben', { kind: 'delete', target: deleted });
    scene.say('ann', { kind: 'edit', target: 'm5', text: 'nobody' });
    expect(scene.timeline.unread(first)).toEqual({ unread: 2, mentions: 0 });
    expect(scene.timeline.unread(scene.next)).toEqual({ unread: 0, mentions: 0 });
  });

  test('the newest readable message on one line', () => {
    expect(scene.timeline.preview()).toBe(null);
    const older = scene.say('ann', 'older');
    const id = scene.say('ben', `  two\n\tlines ${'x'.repeat(300)}`);
    scene.add(locked(scene.next, 'ann', 'late'));
    expect(scene.timeline.preview()).toEqual({
      handle: 'Ben',
      text: `two lines ${'x'.repeat(130)}…`,
      at: 4995,
    });
    scene.say('ben', { kind: 'delete', target: id });
    expect(scene.timeline.preview()?.text).toBe('older');
    scene.say('ann', { kind: 'edit', target: older, text: 'newer' });
    expect(scene.timeline.preview()?.text).toBe('newer');
  });

  test('name and topic are those of the newest profile in the log', () => {
    expect([scene.timeline.name, scene.timeline.topic]).toEqual(['', '']);
    const seq = scene.hide();
    scene.say('ann', { kind: 'profile', name: 'Garden', topic: 'Seeds' });
    scene.timeline.replace(message(seq, 'ben', 'old', { kind: 'profile', name: 'Shed' }));
    expect([scene.timeline.name, scene.timeline.topic]).toEqual(['Garden', 'Seeds']);
    scene.say('ben', { kind: 'profile', name: 'Yard' });
    expect([scene.timeline.name, scene.timeline.topic]).toEqual(['Yard', '']);
  });
});

test('a new handle brings up the items that name the account, and no others', () => {
  const id = scene.say('ben', 'one');
  scene.say('ann', 'two');
  const reply = scene.say('ann', { kind: 'reply', target: id, text: 'three' });
  scene.state('ben', { type: 'member.leave' });
  const joined = scene.state('ben', join, 'ann');
  scene.timeline.takeChanges();
  scene.handles.ben = 'Benjamin';
  scene.timeline.renamed('ben');
  const { items } = scene.timeline.takeChanges();
  expect(items.map((item) => item.id)).toEqual(['entry:2', id, reply, 'entry:7', `entry:${joined}`]);
  expect(items.map((item) => item.text)).toContain('Ann added Benjamin');
  expect(scene.item(reply).replyTo?.handle).toBe('Benjamin');
});

test('only what changed comes up', () => {
  const id = scene.say('ann', 'one');
  expect(scene.timeline.takeChanges()).toEqual({ items: [scene.item(id)], reset: false });
  expect(scene.timeline.takeChanges()).toEqual({ items: [], reset: false });
  scene.say('ben', { kind: 'reaction', target: id, emoji: '👍', on: true });
  scene.say('ben', 'two');
  expect(scene.timeline.takeChanges().items.map((item) => item.id)).toEqual([id, 'm6']);
  scene.say('ben', { kind: 'reaction', target: id, emoji: '👍', on: true });
  scene.add({ ...hidden(scene.next), kind: 'hidden', digest: new Uint8Array(32) });
  expect(scene.timeline.takeChanges().items).toEqual([]);
});
