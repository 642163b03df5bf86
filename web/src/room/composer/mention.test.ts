import type { MemberView } from '@sotto/client';
import { expect, test } from 'vitest';
import { completed, mentionAt, offered } from './mention.ts';

const member = (handle: string, me = false) => ({ account: handle, handle, me }) as MemberView;

test('a query begins at an @ that begins a word', () => {
  expect(mentionAt('hello @be', 9)).toEqual({ from: 6, typed: 'be' });
  expect(mentionAt('@', 1)).toEqual({ from: 0, typed: '' });
  expect(mentionAt('(@Be and more', 4)).toEqual({ from: 1, typed: 'be' });
  expect(mentionAt('me@be', 5)).toBeNull();
  expect(mentionAt('@be now', 7)).toBeNull();
  expect(mentionAt(`${'x'.repeat(60)} @be`, 64)).toEqual({ from: 61, typed: 'be' });
});

test('whoever begins with it comes first, oneself never', () => {
  const members = ['rob', 'bob', 'bea', 'ada'].map((handle) => member(handle));
  expect(offered([...members, member('bo', true)], 'b').map((m) => m.handle)).toEqual(['bea', 'bob', 'rob']);
  expect(offered(members, 'x')).toEqual([]);
});

test('the chosen handle takes the place of what was typed', () => {
  expect(completed('hi @be', { from: 3, typed: 'be' }, 6, 'ben')).toEqual({ text: 'hi @ben ', caret: 8 });
  expect(completed('hi @be there', { from: 3, typed: 'be' }, 6, 'ben')).toEqual({
    text: 'hi @ben there',
    caret: 8,
  });
  expect(completed('@bxyz, ok', { from: 0, typed: 'b' }, 2, 'ben')).toEqual({ text: '@ben , ok', caret: 5 });
});
