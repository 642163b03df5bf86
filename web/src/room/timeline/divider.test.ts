import { expect, test } from 'vitest';
import { countNew, newAfter, newestUnsent, prepended } from './divider.ts';
import { invent } from './invented.ts';

const items = [1, 2, 3, 4].map((seq) => invent({ seq, mine: seq === 3 }));

test('new is what others wrote after the cursor', () => {
  expect(newAfter(items, 2)).toBe(2);
  expect(newAfter(items, 4)).toBeNull();
  expect(newAfter(items.slice(0, 3), 2)).toBeNull();
  expect(countNew(items, 1)).toBe(2);
  expect(countNew(items, 4)).toBe(0);
});

test('what waits to be sent is the newest', () => {
  const waiting = invent({ id: 'w', seq: null, mine: true, send: 'queued' });
  expect(newestUnsent([...items, waiting])).toBe('w');
  expect(newestUnsent(items)).toBeNull();
});

test('older history is told from new messages', () => {
  const older = [invent({ seq: -1 }), invent({ seq: 0 })];
  expect(prepended('m1', [...older, ...items])).toBe(2);
  expect(prepended('m1', items)).toBe(0);
  expect(prepended('gone', items)).toBe(0);
  expect(prepended(undefined, items)).toBe(0);
});
