import { expect, test } from 'vitest';
import { admit, create, join, statement } from '../../testing/timeline-scene.ts';
import type { StatementRecord } from './record.ts';
import { RoleHistory } from './roles.ts';

const states = [
  statement(1, 'ann', create),
  statement(2, 'ann', admit('ben', 'admin')),
  statement(3, 'cid', join),
  statement(4, 'ann', { type: 'member.role', account: 'cid', role: 'owner' }),
  statement(5, 'cid', { type: 'member.remove', account: 'ben' }),
  statement(6, 'ann', { type: 'member.leave' }),
  statement(7, 'cid', { type: 'invite.revoke', invite: 'invite' }),
] as StatementRecord[];

test('a role holds from behind its statement on, in whatever order the statements came', () => {
  for (const order of [states, states.toReversed()]) {
    const roles = new RoleHistory();
    for (const record of order) roles.add(record);
    const of = (account: string) =>
      [1, 2, 3, 4, 5, 6, 7, null].map((seq) => roles.at(account, seq)?.[0] ?? '-');
    expect(of('ann').join('')).toBe('-ooooo--');
    expect(of('ben').join('')).toBe('--aaa---');
    expect(of('cid').join('')).toBe('---moooo');
    expect([roles.mayModerate('ben', 5), roles.mayModerate('cid', 4)]).toEqual([true, false]);
  }
});

test('a statement taken out leaves the role before it', () => {
  const roles = new RoleHistory();
  for (const record of states) roles.add(record);
  roles.delete(states[4] as StatementRecord);
  expect(roles.at('ben', null)).toBe('admin');
});
