import { expect, test } from 'vitest';
import { memberView, roomView } from '../../testing/stub-client.ts';
import { findMember, findPerson, findRoom } from './find.ts';

test('a room by its id, or by its name where only one has it', () => {
  const ops = roomView({ room: 'r1', name: 'Ops' });
  const named = roomView({ room: 'r2', name: 'r1' });
  expect(findRoom([named, ops], 'Ops')).toBe(ops);
  // A room that is called like another one's id takes nothing away from it.
  expect(findRoom([named, ops], 'r1')).toBe(ops);
  expect(() => findRoom([named, ops], 'ops')).toThrow('in no room with the id or name "ops"');
  expect(() => findRoom([], 'x\u001b[2J')).toThrow('"x\\u{1b}[2J"');
});

test('a name that two rooms have says nothing, unless one of them was left', () => {
  const [one, two] = [roomView({ room: 'r1' }), roomView({ room: 'r2' })];
  expect(() => findRoom([one, two], 'Ops')).toThrow('r1, r2');
  const left = roomView({ room: 'r3', role: null });
  expect(findRoom([left, one], 'Ops')).toBe(one);
  expect(findRoom([left], 'Ops')).toBe(left);
});

test('a member by the handle', () => {
  const [alice, bob] = [memberView(), memberView({ account: 'b', handle: 'bob' })];
  expect(findMember([alice, bob], 'bob')).toBe(bob);
  expect(findMember([alice, bob], '@bob')).toBe(bob);
  expect(() => findMember([alice], 'bob')).toThrow('no member "bob"');
  const ghost = memberView({ account: 'g' });
  expect(() => findMember([alice, ghost], 'alice')).toThrow('2 accounts are shown as "alice"');
});

test('somebody in any shared room; two accounts under one handle are nobody', () => {
  const members: Record<string, ReturnType<typeof memberView>[]> = {
    r1: [memberView()],
    r2: [memberView(), memberView({ account: 'b', handle: 'bob' })],
    r3: [memberView({ account: 'other', handle: 'bob' })],
  };
  const client = (...rooms: string[]) => ({
    rooms: () => rooms.map((room) => roomView({ room })),
    members: (room: string) => members[room] ?? [],
  });
  expect(findPerson(client('r1', 'r2'), 'alice').account).toBe('a');
  expect(findPerson(client('r1', 'r2'), 'bob').account).toBe('b');
  expect(() => findPerson(client('r2', 'r3'), 'bob')).toThrow('2 accounts');
  expect(() => findPerson(client('r1'), 'bob')).toThrow('share no room with "bob"');
});
