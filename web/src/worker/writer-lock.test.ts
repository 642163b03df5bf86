/** Node has Web Locks and broadcast channels as browsers do: two locks here are two tabs. */
import { expect, test } from 'vitest';
import { WriterLock } from './writer-lock.ts';

interface Tab {
  lock: WriterLock;
  /** What happened to it, in order. */
  story: string[];
}

function tab(closing: () => Promise<void> = async () => undefined): Tab {
  const story: string[] = [];
  const lock = new WriterLock(async () => {
    story.push('told to go');
    await closing();
    story.push('closed');
  });
  return { lock, story };
}

test('one tab writes, a second one hears so at once, and takes over when asked to', async () => {
  const first = tab();
  expect(await first.lock.claim()).toBe(true);

  const second = tab();
  const begun = performance.now();
  expect(await second.lock.claim()).toBe(false);
  expect(performance.now() - begun).toBeLessThan(1000);
  expect(first.story).toEqual([]);

  await second.lock.takeOver();
  expect(first.story).toEqual(['told to go', 'closed']);

  // And back again.
  await first.lock.takeOver();
  expect(second.story).toEqual(['told to go', 'closed']);
  expect(first.story).toHaveLength(2);
});

test('a tab that does not let go in time loses the lock all the same', async () => {
  let thaw = (): void => undefined;
  const frozen = tab(
    () =>
      new Promise((resolve) => {
        thaw = resolve;
      }),
  );
  await frozen.lock.takeOver();
  const other = tab();
  await other.lock.takeOver();
  expect(frozen.story).toEqual(['told to go']);
  thaw();
  await new Promise((resolve) => setTimeout(resolve, 5));
  // It was told once, not again when the lock was stolen.
  expect(frozen.story).toEqual(['told to go', 'closed']);
  expect(other.story).toEqual([]);
});
