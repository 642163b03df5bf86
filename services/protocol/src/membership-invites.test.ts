/** Membership through invites. */
import { expect, test } from 'vitest';
import { unsafeSigningPair } from '../testing/unsafe-key-pool.ts';
import { unsafePerson } from '../testing/unsafe-person.ts';
import {
  admin,
  apply,
  idOf,
  invite,
  invitePair,
  inviteStatement,
  joinStatement,
  member,
  member2,
  outcome,
  pointOf,
  roleOf,
  state,
  stranger,
} from '../testing/unsafe-room.ts';
import { b64, hex, zeros } from './bytes.ts';
import { proveJoin } from './invite.ts';
import { LIMITS } from './limits.ts';
import type { MembershipStatement } from './membership.ts';

test('an invite lets in whoever proves it, as often as it says', async () => {
  const invited = await apply(state, member, inviteStatement());
  const joined = await apply(invited, stranger, await joinStatement(stranger), 90);
  expect(roleOf(joined, stranger)).toBe('member');
  expect(joined.members.get(hex(stranger.account))?.since).toBe(90);
  expect(joined.invites.size).toBe(1);
  expect(await outcome(stranger, await joinStatement(stranger), joined)).toBe('already_member');
  const left = await apply(joined, stranger, { type: 'member.leave' });
  const used = await apply(left, stranger, await joinStatement(stranger));
  expect(used.invites.size).toBe(0);
  const leftAgain = await apply(used, stranger, { type: 'member.leave' });
  expect(await outcome(stranger, await joinStatement(stranger), leftAgain)).toBe('invite_invalid');
});

test('a join is worth nothing without the proof for this account, room and invite', async () => {
  const invited = await apply(state, member, inviteStatement());
  const other = await unsafeSigningPair(41);
  expect(await outcome(stranger, await joinStatement(stranger, other.privateKey), invited)).toBe(
    'invite_invalid',
  );
  expect(await outcome(stranger, await joinStatement(stranger), state)).toBe('invite_invalid');
  const right = await joinStatement(stranger);
  const ghost = await unsafePerson(7);
  expect(await outcome(ghost, right, invited)).toBe('invite_invalid');
  expect(await outcome(stranger, { ...right, fingerprint: b64(zeros(32)) }, invited)).toBe('invite_invalid');
  const elsewhere = await proveJoin(
    invitePair.privateKey,
    zeros(16),
    invite.invite,
    stranger.account,
    stranger.chain.fingerprint,
  );
  expect(await outcome(stranger, { ...right, proof: b64(elsewhere) }, invited)).toBe('invite_invalid');
});

test('an invite is withdrawn by its maker or an admin, and goes when its maker goes', async () => {
  const invited = await apply(state, member, inviteStatement());
  const revoke: MembershipStatement = { type: 'invite.revoke', invite: b64(invite.invite) };
  expect(await outcome(member2, revoke, invited)).toBe('not_entitled');
  expect(await outcome(admin, revoke, invited)).toBe('accepted');
  expect(await outcome(member, revoke, invited)).toBe('accepted');
  expect(await outcome(admin, revoke, state)).toBe('invite_invalid');
  const removed = await apply(invited, admin, { type: 'member.remove', account: idOf(member) });
  expect(removed.invites.size).toBe(0);
  const back = await apply(removed, admin, {
    type: 'member.add',
    account: idOf(member),
    role: 'member',
    chain: pointOf(member),
  });
  expect(await outcome(stranger, await joinStatement(stranger), back)).toBe('invite_invalid');
  const left = await apply(invited, member, { type: 'member.leave' });
  expect(left.invites.size).toBe(0);
});

test('an invite is made once, for a bounded number of people', async () => {
  const invited = await apply(state, member, inviteStatement());
  expect(await outcome(member, inviteStatement(), invited)).toBe('bad_envelope');
  const many = { ...inviteStatement(), uses: LIMITS.inviteUses + 1 } as MembershipStatement;
  expect(await outcome(member, many)).toBe('limit_reached');
});
