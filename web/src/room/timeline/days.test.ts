import { expect, test } from 'vitest';
import { dayLabel, startOfDay } from './days.ts';

const now = new Date(2026, 2, 30, 9, 15).getTime();
const at = (...args: [number, number, number, number?]): number => new Date(...args).getTime();

test('a day has its name', () => {
  expect(dayLabel(at(2026, 2, 30, 0), now, 'en-GB')).toBe('Today');
  expect(dayLabel(at(2026, 2, 29, 23), now, 'en-GB')).toBe('Yesterday');
  expect(dayLabel(at(2026, 2, 28, 1), now, 'en-GB')).toBe('Saturday 28 March');
  expect(dayLabel(at(2024, 1, 29), now, 'en-GB')).toBe('29 February 2024');
});

test('the language is the reader’s', () => {
  expect(dayLabel(at(2026, 2, 28), now, 'de')).toBe('Samstag, 28. März');
});

test('a day begins at midnight here', () => {
  expect(startOfDay(now)).toBe(at(2026, 2, 30));
});
