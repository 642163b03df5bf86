import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Typing } from './typing.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test('says so once, again while it goes on, and ends by itself', () => {
  const told: boolean[] = [];
  const typing = new Typing((on) => told.push(on));
  for (const text of ['a', 'ab', 'abc']) typing.wrote(text);
  expect(told).toEqual([true]);
  vi.advanceTimersByTime(3500);
  typing.wrote('abcd');
  expect(told).toEqual([true, true]);
  vi.advanceTimersByTime(5000);
  expect(told).toEqual([true, true, false]);
});

test('an empty field ends it; what never began says nothing', () => {
  const told: boolean[] = [];
  const typing = new Typing((on) => told.push(on));
  typing.stop();
  typing.wrote(' ');
  expect(told).toEqual([]);
  typing.wrote('a');
  typing.wrote('');
  typing.stop();
  expect(told).toEqual([true, false]);
});
