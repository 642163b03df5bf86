import { describe, expect, test } from 'vitest';
import { invent } from './invented.ts';
import { rowsOf } from './rows.ts';

const noon = new Date(2026, 2, 30, 12).getTime();
const minutes = (n: number): number => noon + n * 60_000;

describe('groups', () => {
  const heads = (...items: Parameters<typeof invent>[0][]) =>
    rowsOf(
      items.map((over, i) => invent({ seq: i + 1, at: noon, ...over })),
      null,
      noon,
    ).map((row) => row.head);

  test('one sender within five minutes is one group', () => {
    expect(heads({}, { at: minutes(5) }, { at: minutes(10) }, { at: minutes(15.1) })).toEqual([
      true,
      false,
      false,
      true,
    ]);
  });

  test('another sender, or an event between, begins a new one', () => {
    expect(heads({}, { account: 'b' }, {}, { kind: 'event' }, {})).toEqual([true, true, true, false, true]);
  });
});

describe('days', () => {
  const days = (...at: number[]) =>
    rowsOf(
      at.map((moment, i) => invent({ seq: i + 1, at: moment })),
      null,
      noon,
    ).map((row) => row.day !== null);

  test('each begins once', () => {
    expect(days(minutes(-1500), minutes(-1499), noon, minutes(1))).toEqual([true, false, true, false]);
  });

  test('a clock that is behind or far ahead moves nothing', () => {
    expect(days(noon, minutes(-3000), noon, noon + 1e12, noon)).toEqual([true, false, false, false, false]);
  });
});

describe('the line before new messages', () => {
  const items = [
    invent({ seq: 1 }),
    invent({ seq: 2, mine: true }),
    invent({ seq: 3, kind: 'event' }),
    invent({ seq: 4 }),
    invent({ seq: 5 }),
  ];
  const line = (after: number | null) =>
    rowsOf(items, after, noon).flatMap((row) => (row.firstNew ? [row.item.seq] : []));

  test('stands once, before the first message of another', () => {
    expect(line(1)).toEqual([4]);
    expect(line(4)).toEqual([5]);
  });

  test('is not drawn where nothing is new', () => {
    expect(line(5)).toEqual([]);
    expect(line(null)).toEqual([]);
  });
});

test('rows that say the same stay the same object', () => {
  const items = [invent({ seq: 1 }), invent({ seq: 2 })];
  const first = rowsOf(items, null, noon);
  const next = rowsOf([...items, invent({ seq: 3 })], null, noon, first);
  expect(next[0]).toBe(first[0]);
  expect(next[1]).toBe(first[1]);
});
