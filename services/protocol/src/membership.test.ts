import { expect, test } from 'vitest';
import { refusal } from '../testing/refusal.ts';
import {
  admin,
  admin2,
  apply,
  idOf,
  inviteStatement,
  joinStatement,
  member,
  member2,
  outcome,
  owner,
  owner2,
  pointOf,
  roleOf,
  room,
  state,
  stranger,
} from '../testing/unsafe-room.ts';
import { type Bytes, b64, hex, utf8, zeros } from './bytes.ts';
import { randomBytes } from './crypto.ts';
import type { ErrorCode } from './errors.ts';
import { roomIdOf } from './identity.ts';
import { LIMITS } from './limits.ts';
import {
  applyMembership,
  changesRecipients,
  encodeMembership,
  type MembershipStatement,
  membershipLink,
  parseMembership,
} from './membership.ts';

test('who may do what', async () => {
  type Row = [what: string, statement: MembershipStatement, owner: Answer, admin: Answer, member: Answer];
  type Answer = ErrorCode | 'accepted';
  const yes = 'accepted';
  const no = 'not_entitled';
  const chain = pointOf(stranger);
  const newcomer = idOf(stranger);
  const rows: Row[] = [
    ['add a member', { type: 'member.add', account: newcomer, role: 'member', chain }, yes, yes, yes],
    ['add an admin', { type: 'member.add', account: newcomer, role: 'admin', chain }, yes, no, no],
    ['invite', inviteStatement(), yes, yes, yes],
    ['remove a member', { type: 'member.remove', account: idOf(member2) }, yes, yes, no],
    ['remove an admin', { type: 'member.remove', account: idOf(admin2) }, yes, no, no],
    ['remove an owner', { type: 'member.remove', account: idOf(owner2) }, no, no, no],
    ['make a member admin', { type: 'member.role', account: idOf(member2), role: 'admin' }, yes, no, no],
    ['make a member owner', { type: 'member.role', account: idOf(member2), role: 'owner' }, yes, no, no],
    ['make an admin member', { type: 'member.role', account: idOf(admin2), role: 'member' }, yes, no, no],
    ['make an owner member', { type: 'member.role', account: idOf(owner2), role: 'member' }, yes, no, no],
    ['leave', { type: 'member.leave' }, yes, yes, yes],
  ];
  for (const [what, statement, byOwner, byAdmin, byMember] of rows) {
    expect([
      what,
      await outcome(owner, statement),
      await outcome(admin, statement),
      await outcome(member, statement),
    ]).toEqual([what, byOwner, byAdmin, byMember]);
    expect(await outcome(stranger, statement), `a stranger: ${what}`).toBe('not_member');
  }
});

test('a statement comes back from its bytes', async () => {
  const said: MembershipStatement[] = [
    inviteStatement(),
    await joinStatement(stranger),
    { type: 'member.role', account: idOf(member), role: 'owner' },
    { type: 'member.leave' },
  ];
  for (const statement of said) {
    expect(parseMembership(encodeMembership(state, statement))).toEqual({ statement, prev: state.hash });
  }
});

test('a refused statement changes nothing', async () => {
  const before = structuredClone(state);
  await outcome(member, { type: 'member.remove', account: idOf(admin) });
  await outcome(owner, { type: 'member.remove', account: idOf(member) });
  expect(state).toEqual(before);
});

test('a room is created once, as entry 1, under the name of its creator', async () => {
  const salt = randomBytes(16);
  const create: MembershipStatement = { type: 'room.create', salt: b64(salt), chain: pointOf(owner) };
  const entry = (sender: Bytes, seq: number, of: Bytes) => ({ room: of, sender, seq, digest: zeros(32) });
  const own = await roomIdOf(owner.account, salt);
  const made = await applyMembership(null, create, zeros(32), entry(owner.account, 1, own));
  expect(made.members.size).toBe(1);
  expect(made.changedAt).toBe(1);
  expect(await refusal(() => applyMembership(null, create, zeros(32), entry(owner.account, 2, own)))).toBe(
    'bad_envelope',
  );
  expect(await refusal(() => applyMembership(null, create, zeros(32), entry(member.account, 1, own)))).toBe(
    'bad_envelope',
  );
  expect(await refusal(() => applyMembership(null, create, zeros(32), entry(owner.account, 1, room)))).toBe(
    'bad_envelope',
  );
  expect(await outcome(owner, create)).toBe('bad_envelope');
  expect(await outcome(owner, { type: 'member.leave' }, null)).toBe('unknown_room');
});

test('each statement follows the newest: what was said of another state is stale', async () => {
  const statement: MembershipStatement = { type: 'member.leave' };
  const entry = { room, sender: member.account, seq: 60, digest: randomBytes(32) };
  expect(await refusal(() => applyMembership(state, statement, zeros(32), entry))).toBe('membership_stale');
  const next = await applyMembership(state, statement, membershipLink(state), entry);
  expect(next.hash).toEqual(entry.digest);
  expect(await refusal(() => applyMembership(next, statement, membershipLink(state), entry))).toBe(
    'membership_stale',
  );
});

test('members are added and removed once, and nobody removes itself', async () => {
  const chain = pointOf(member);
  expect(await outcome(owner, { type: 'member.add', account: idOf(member), role: 'member', chain })).toBe(
    'already_member',
  );
  expect(await outcome(owner, { type: 'member.remove', account: idOf(stranger) })).toBe('not_member');
  expect(await outcome(owner, { type: 'member.role', account: idOf(stranger), role: 'admin' })).toBe(
    'not_member',
  );
  expect(await outcome(owner, { type: 'member.remove', account: idOf(owner) })).toBe('bad_envelope');
});

test('a room keeps an owner while it has members', async () => {
  const one = await apply(state, owner, { type: 'member.role', account: idOf(owner2), role: 'member' });
  expect(roleOf(one, owner2)).toBe('member');
  expect(await outcome(owner, { type: 'member.leave' }, one)).toBe('last_owner');
  expect(await outcome(owner, { type: 'member.role', account: idOf(owner), role: 'admin' }, one)).toBe(
    'last_owner',
  );
  let alone = one;
  for (const person of [owner2, admin, admin2, member, member2]) {
    alone = await apply(alone, person, { type: 'member.leave' });
  }
  const empty = await apply(alone, owner, { type: 'member.leave' });
  expect(empty.members.size).toBe(0);
});

test('the key-list position only rises, and only by its own account', async () => {
  const point = (seq: number): MembershipStatement => ({
    type: 'member.keys',
    chain: { seq, hash: b64(zeros(32)) },
  });
  expect(await outcome(member, point(3))).toBe('bad_envelope');
  expect(await outcome(stranger, point(9))).toBe('not_member');
  const next = await apply(state, member, point(4), 70);
  expect(next.members.get(hex(member.account))?.chain.seq).toBe(4);
  expect(next.changedAt).toBe(70);
});

test('a new epoch is due after whatever changes recipients, and after nothing else', async () => {
  const due = await apply(state, member, { type: 'member.leave' }, 80);
  expect(due.changedAt).toBe(80);
  const notDue = await apply(state, owner, { type: 'member.role', account: idOf(member), role: 'admin' }, 80);
  expect(notDue.changedAt).toBe(state.changedAt);
  expect(changesRecipients('member.join')).toBe(true);
  expect(changesRecipients('invite.create')).toBe(false);
  expect(changesRecipients('invite.revoke')).toBe(false);
});

test('bodies of another form are refused', async () => {
  const right = { v: 1, type: 'member.remove', prev: b64(zeros(32)), account: idOf(member) };
  expect(parseMembership(utf8(JSON.stringify(right))).statement).toEqual({
    type: 'member.remove',
    account: idOf(member),
  });
  const wrong: unknown[] = [
    { ...right, v: 2 },
    { ...right, type: 'member.ban' },
    { ...right, type: 'toString' },
    { ...right, prev: 'AAAA' },
    { ...right, account: b64(zeros(17)) },
    { ...right, reason: 'none' },
    { ...right, type: 'member.add', role: 'owner', chain: pointOf(member) },
    { ...right, type: 'member.add', role: 'member', chain: { seq: 0, hash: b64(zeros(32)) } },
    { ...right, type: 'member.add', role: 'member', chain: { ...pointOf(member), more: 1 } },
    { ...right, type: 'member.role', role: 'king' },
    { ...inviteStatement(), v: 1, prev: b64(zeros(32)), key: b64(zeros(422)) },
    { ...inviteStatement(), v: 1, prev: b64(zeros(32)), sealed: b64(zeros(28)) },
    { ...inviteStatement(), v: 1, prev: b64(zeros(32)), uses: 0 },
    null,
    [],
  ];
  for (const value of wrong) {
    expect(await refusal(() => parseMembership(utf8(JSON.stringify(value)))), JSON.stringify(value)).toBe(
      'bad_envelope',
    );
  }
  expect(await refusal(() => parseMembership(utf8('no JSON')))).toBe('bad_envelope');
  expect(await refusal(() => parseMembership(zeros(LIMITS.membershipBodyBytes + 1)))).toBe('too_large');
});
