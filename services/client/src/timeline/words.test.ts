/** Events, from the view of whoever reads them. */
import { expect, test } from 'vitest';
import { admit, create, hidden, join, ME, message, Scene } from '../../testing/timeline-scene.ts';

const invite = { invite: 'invite', key: 'key', sealed: 'sealed', expiresAt: 0, uses: 1 } as const;

test('what others did', () => {
  const scene = new Scene();
  scene.state('ann', create);
  scene.say('ann', { kind: 'profile', name: 'Garden' });
  scene.state('ann', admit('ben', 'admin'));
  scene.state('ben', admit(ME));
  scene.say('ann', { kind: 'profile', name: 'Garden', topic: 'Seeds' });
  scene.state('ann', { type: 'invite.create', ...invite });
  scene.state('cid', join, 'ann');
  scene.state('ann', { type: 'invite.revoke', invite: 'invite' });
  scene.state('ann', { type: 'member.role', account: 'cid', role: 'owner' });
  scene.state('ann', { type: 'member.role', account: 'ann', role: 'member' });
  scene.state('cid', { type: 'member.remove', account: 'ben' });
  scene.state('cid', { type: 'member.leave' });
  scene.state('dan', join);
  expect(scene.texts()).toEqual([
    'Ann created the room',
    'Ann named the room “Garden”',
    'Ann added Ben as an admin',
    'Ben added you',
    'Ann named the room “Garden” with the topic “Seeds”',
    'Ann made an invite link',
    'cid joined by Ann’s invite link',
    'Ann withdrew an invite link',
    'Ann made cid an owner',
    'Ann made themselves a member',
    'cid removed Ben',
    'cid left',
    'dan joined by an invite link',
  ]);
});

test('what the reader did', () => {
  const scene = new Scene();
  scene.state(ME, create);
  scene.say(ME, { kind: 'profile', name: 'Garden' });
  scene.state(ME, admit('ann'));
  scene.state('ben', join, ME);
  scene.state(ME, { type: 'member.role', account: 'ben', role: 'admin' });
  scene.state(ME, { type: 'member.role', account: ME, role: 'member' });
  scene.state('ben', { type: 'member.remove', account: ME });
  scene.state(ME, join, 'ann');
  scene.state(ME, { type: 'member.leave' });
  expect(scene.texts()).toEqual([
    'You created the room',
    'You named the room “Garden”',
    'You added Ann',
    'Ben joined by your invite link',
    'You made Ben an admin',
    'You made yourself a member',
    'Ben removed you',
    'You joined by Ann’s invite link',
    'You left',
  ]);
  expect(scene.items()[0]).toMatchObject({ id: 'entry:1', seq: 1, kind: 'event', at: 1000, mine: true });
});

test('keys and commits say nothing, a grant does', () => {
  const scene = new Scene();
  scene.state('ann', create);
  scene.state('ann', { type: 'member.keys', chain: { seq: 2, hash: 'hash' } });
  const by = { account: 'ann', device: 'd', sentAt: 0, at: 0 };
  scene.add({ ...by, kind: 'commit', seq: 3, id: 'c3', epoch: 1 });
  scene.add({ ...by, kind: 'grant', seq: 4, id: 'g4', to: 'ben', since: 1 });
  scene.add({ ...by, kind: 'grant', seq: 5, id: 'g5', to: ME, since: 1 });
  expect(scene.texts()).toEqual([
    'Ann created the room',
    'Ann let Ben read earlier messages',
    'Ann let you read earlier messages',
  ]);
});

test('a newcomer is told from where on it sees messages, once', () => {
  const scene = new Scene();
  scene.state('ann', create);
  scene.hide();
  scene.state('ann', admit('ben'));
  scene.hide();
  expect(scene.texts()).toEqual(['Ann created the room', 'Ann added Ben']);
  scene.state(ME, join, 'ann');
  scene.say('ann', 'Welcome');
  expect(scene.texts()).toEqual([
    'Ann created the room',
    'Ann added Ben',
    'You see messages from here on',
    'You joined by Ann’s invite link',
    'Welcome',
  ]);
  expect(scene.items()[2]).toMatchObject({ id: 'entry:4', seq: 4, kind: 'event', handle: '', at: 4000 });
});

test('history granted later moves that line, or takes it away', () => {
  const scene = new Scene();
  scene.state('ann', create);
  for (const _ of [2, 3, 4]) scene.add(hidden(scene.next));
  scene.state(ME, join, 'ann');
  scene.timeline.takeChanges();
  for (const seq of [4, 3]) {
    scene.timeline.replace(message(seq, 'ann', `m${seq}`, { kind: 'text', text: `${seq}` }));
  }
  expect(scene.ids()).toEqual(['entry:1', 'entry:2', 'm3', 'm4', 'entry:5']);
  expect(scene.timeline.takeChanges().reset).toBe(true);
  scene.timeline.replace(message(2, 'ann', 'm2', { kind: 'text', text: '2' }));
  expect(scene.ids()).toEqual(['entry:1', 'm2', 'm3', 'm4', 'entry:5']);
});

test('a name that is said again for a newcomer is shown neither to those who know it nor to the newcomer', () => {
  const said = { kind: 'profile', name: 'Garden' } as const;
  const known = new Scene();
  known.state('ann', create);
  known.say('ann', said);
  known.state('ben', join, 'ann');
  known.say('ann', said);
  const naming = 'Ann named the room “Garden”';
  expect(known.texts().filter((text) => text === naming)).toHaveLength(1);
  known.say('ann', said);
  expect(known.texts().filter((text) => text === naming)).toHaveLength(2);
  const newcomer = new Scene();
  newcomer.state('ann', create);
  newcomer.timeline.add(hidden(2));
  newcomer.state(ME, join, 'ann');
  newcomer.say('ann', said);
  expect(newcomer.texts()).not.toContain(naming);
  expect(newcomer.timeline.name).toBe('Garden');
});
