import { expect, test } from 'vitest';
import { follows } from './follow.ts';

const end = { top: 900, height: 100, full: 1000 };

test('growing content is followed', () => {
  expect(follows(true, end, { ...end, full: 5000 })).toBe(true);
});

test('the way up ends it, the way back to the end begins it', () => {
  const up = { ...end, top: 500 };
  expect(follows(true, end, up)).toBe(false);
  expect(follows(false, up, { ...end, top: 600 })).toBe(false);
  expect(follows(false, up, { ...end, top: 860 })).toBe(true);
});

test('rows above that turn out other than estimated are no way up', () => {
  const grown = { top: 900, height: 100, full: 1200 };
  expect(follows(true, grown, { top: 700, height: 100, full: 1000 })).toBe(true);
  expect(follows(true, grown, { top: 700, height: 100, full: 1300 })).toBe(true);
});
