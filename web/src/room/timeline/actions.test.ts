import type { MemberView } from '@sotto/client';
import { expect, test } from 'vitest';
import { isSettled, mayDelete, mayEdit } from './actions.ts';
import { invent } from './invented.ts';

const as = (role: MemberView['role']) => [{ me: true, role } as MemberView];

test('one edits and deletes one’s own, once the log has it', () => {
  const mine = invent({ mine: true });
  expect([mayEdit(mine), mayDelete(mine, as('member'))]).toEqual([true, true]);
  const waiting = invent({ mine: true, seq: null, send: 'queued' });
  expect([isSettled(waiting), mayEdit(waiting), mayDelete(waiting, as('owner'))]).toEqual([
    false,
    false,
    false,
  ]);
});

test('a moderator deletes those of others, and edits none', () => {
  expect(mayDelete(invent(), as('member'))).toBe(false);
  expect(mayDelete(invent(), as('admin'))).toBe(true);
  expect(mayDelete(invent({ kind: 'unreadable' }), as('owner'))).toBe(true);
  expect(mayEdit(invent())).toBe(false);
});

test('what is gone or was no message stays', () => {
  expect(mayDelete(invent({ kind: 'deleted', mine: true }), as('owner'))).toBe(false);
  expect(mayDelete(invent({ kind: 'event' }), as('owner'))).toBe(false);
});
