import { expect, test } from 'vitest';
import { mapInFlight } from './in-flight.ts';

test('results stand in the order of the items, and no more than the limit are under way', async () => {
  let underWay = 0;
  let most = 0;
  const out = await mapInFlight(
    Array.from({ length: 50 }, (_, i) => i),
    async (item, index) => {
      expect(item).toBe(index);
      most = Math.max(most, ++underWay);
      for (let turn = 0; turn < (item * 7) % 5; turn++) await Promise.resolve();
      underWay--;
      return item * 2;
    },
    4,
  );
  expect(out).toEqual(Array.from({ length: 50 }, (_, i) => i * 2));
  expect(most).toBe(4);
  expect(await mapInFlight([], async () => 1)).toEqual([]);
});

test('the first failure ends it and nothing new begins', async () => {
  const begun: number[] = [];
  const run = mapInFlight(
    [0, 1, 2, 3, 4, 5],
    async (item) => {
      begun.push(item);
      await Promise.resolve();
      if (item === 1) throw new Error('one');
    },
    2,
  );
  await expect(run).rejects.toThrow('one');
  expect(begun.length).toBeLessThan(5);
});
