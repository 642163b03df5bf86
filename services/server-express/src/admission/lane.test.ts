import { expect, test } from 'vitest';
import { Lane } from './lane.ts';

function gate(): { promise: Promise<void>; open: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { promise, open: resolve };
}

test('messages prepare side by side and are called in order, without waiting for answers', async () => {
  const lane = new Lane();
  const slow = gate();
  const answers = gate();
  const called: number[] = [];
  const run = (n: number, ready: Promise<void>) =>
    lane.run(
      false,
      () => ready,
      () => {
        called.push(n);
        return answers.promise;
      },
    );
  const all = [run(1, slow.promise), run(2, Promise.resolve()), run(3, Promise.resolve())];
  await Promise.resolve();
  expect(called).toEqual([]);
  slow.open();
  await expect.poll(() => called).toEqual([1, 2, 3]);
  expect(lane.inFlight).toBe(3);
  answers.open();
  await Promise.all(all);
  await expect.poll(() => lane.inFlight).toBe(0);
});

test('what stands alone is prepared after all before it, and what follows is called after it', async () => {
  const lane = new Lane();
  const first = gate();
  const seen: string[] = [];
  const step = (name: string, alone: boolean, answer: Promise<void>) =>
    lane.run(
      alone,
      async () => void seen.push(`prepare ${name}`),
      async () => {
        seen.push(`call ${name}`);
        await answer;
      },
    );
  const all = [
    step('message', false, first.promise),
    step('commit', true, Promise.resolve()),
    step('next', false, Promise.resolve()),
  ];
  await expect.poll(() => seen).toEqual(['prepare message', 'prepare next', 'call message']);
  first.open();
  await Promise.all(all);
  expect(seen.slice(3)).toEqual(['prepare commit', 'call commit', 'call next']);
});

test('a refused one lets the others go on', async () => {
  const lane = new Lane();
  const refused = lane.run(
    false,
    () => Promise.reject(new Error('refused')),
    () => Promise.resolve(0),
  );
  const next = lane.run(
    true,
    () => Promise.resolve(1),
    (n) => Promise.resolve(n),
  );
  await expect(refused).rejects.toThrow('refused');
  await expect(next).resolves.toBe(1);
});
