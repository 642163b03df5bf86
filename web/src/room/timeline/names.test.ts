import type { MemberView } from '@sotto/client';
import { expect, test } from 'vitest';
import { namesOf, reactionLabel } from './names.ts';

const members = ['ada', 'ben', 'cyn'].map((handle) => ({ account: handle[0], handle }) as MemberView);

test('the reader comes last, whoever left has no name', () => {
  expect(namesOf(['a'], members, 'c')).toBe('ada');
  expect(namesOf(['c', 'a', 'b'], members, 'c')).toBe('ada, ben and you');
  expect(namesOf(['x', 'a'], members, 'c')).toBe('someone who left and ada');
  expect(reactionLabel({ emoji: '👍', accounts: ['c'] }, members, 'c')).toBe('👍 1, from you');
});
