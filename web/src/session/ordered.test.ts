import type { TimelineItem } from '@sotto/client';
import { expect, test } from 'vitest';
import { Ordered } from './ordered.ts';

const item = (id: string, seq: number | null, text = id): TimelineItem => ({
  id,
  seq,
  kind: 'text',
  account: 'a',
  handle: 'ann',
  mine: true,
  at: 0,
  text,
  edited: false,
  replyTo: null,
  reactions: [],
  mentionsMe: false,
  send: seq === null ? 'queued' : 'logged',
  refusal: null,
  unreadable: null,
});
const ids = (items: TimelineItem[]) => items.map((i) => i.id).join(' ');

test('the log first, then what waits in the order of sending', () => {
  const room = new Ordered();
  expect(ids(room.apply([item('p1', null), item('b', 2), item('p2', null), item('a', 1)], true))).toBe(
    'a b p1 p2',
  );
  expect(ids(room.apply([item('c', 3)], false))).toBe('a b c p1 p2');
});

test('an acknowledged message moves to its place, once', () => {
  const room = new Ordered();
  room.apply([item('a', 1), item('p1', null), item('p2', null)], true);
  expect(ids(room.apply([item('p2', 2)], false))).toBe('a p2 p1');
  expect(ids(room.apply([item('p2', 2), item('p1', 3)], false))).toBe('a p2 p1');
});

test('a changed item replaces itself where it stands', () => {
  const room = new Ordered();
  room.apply([item('a', 1), item('b', 4), item('c', 9), item('p', null)], true);
  const items = room.apply([item('b', 4, 'edited'), item('p', null, 'again')], false);
  expect(items.map((i) => i.text)).toEqual(['a', 'edited', 'c', 'again']);
});

test('older items that come later are put in order', () => {
  const room = new Ordered();
  room.apply([item('e', 5), item('f', 6)], true);
  expect(ids(room.apply([item('g', 7), item('b', 2), item('a', 1)], false))).toBe('a b e f g');
});

test('a reset forgets everything else', () => {
  const room = new Ordered();
  room.apply([item('a', 1), item('p', null)], true);
  expect(ids(room.apply([item('b', 2)], true))).toBe('b');
});

test('ten thousand items take in one more in well under a frame', () => {
  const room = new Ordered();
  room.apply(
    Array.from({ length: 10_000 }, (_, i) => item(`m${i}`, i + 1)),
    true,
  );
  const begun = performance.now();
  for (let i = 0; i < 100; i++) room.apply([item(`n${i}`, 10_001 + i)], false);
  expect((performance.now() - begun) / 100).toBeLessThan(8);
});
