import { expect, test } from 'vitest';
import { draftOf, forgetDrafts, keepDraft } from './drafts.ts';

test('each room keeps its own, until it is sent or forgotten', () => {
  keepDraft('a', 'one');
  keepDraft('b', 'two');
  expect([draftOf('a'), draftOf('b'), draftOf('c')]).toEqual(['one', 'two', '']);
  keepDraft('a', '');
  expect(draftOf('a')).toBe('');
  forgetDrafts();
  expect(draftOf('b')).toBe('');
});
