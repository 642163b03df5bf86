import { expect, test } from 'vitest';
import { Gate } from './gate.ts';

test('no more than so many are inside, in the order in which they came, also where some fail', async () => {
  const gate = new Gate(3);
  const order: number[] = [];
  let inside = 0;
  let most = 0;
  const work = (n: number) => async () => {
    order.push(n);
    most = Math.max(most, ++inside);
    await Promise.resolve();
    inside--;
    if (n % 4 === 0) throw new Error('no');
    return n;
  };
  const all = await Promise.allSettled(Array.from({ length: 20 }, (_, n) => gate.run(work(n))));
  expect(most).toBe(3);
  expect(order).toEqual(Array.from({ length: 20 }, (_, n) => n));
  expect(all.filter(({ status }) => status === 'rejected')).toHaveLength(5);
  expect(await gate.run(async () => 'still open')).toBe('still open');
});
