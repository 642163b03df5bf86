import { expect, test } from 'vitest';
import { ALERT_WORDS } from './words.ts';

test('every alert says what it means and what to do, and no two have one title', () => {
  const all = Object.values(ALERT_WORDS);
  expect(all).toHaveLength(19);
  expect(new Set(all.map((words) => words.title)).size).toBe(all.length);
  for (const { meaning, action } of all) {
    expect(meaning).toMatch(/\.$/);
    expect(action).toMatch(/\.$/);
  }
});
