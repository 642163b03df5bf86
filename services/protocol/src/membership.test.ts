import { beforeAll, expect, test } from 'vitest';
import { refusal } from '../testing/refusal.ts';
import { unsafeSigningPair } from '../testing/unsafe-key-pool.ts';
import { type UnsafePerson, unsafePerson } from '../testing/unsafe-person.ts';
import { type Bytes, b64, hex, utf8, zeros } from './bytes.ts';
import { randomBytes, sha256 } from './crypto.ts';
import type { ErrorCode } from './errors.ts';
import { roomIdOf } from './identity.ts';
import { makeInvite, type NewInvite, proveJoin } from './invite.ts';
import { chainHead } from './key-chain.ts';
import { LIMITS } from './limits.ts';
import {
  applyMembership,
  type ChainPoint,
  changesRecipients,
  encodeMembership,
  type MembershipState,
  type MembershipStatement,
  membershipLink,
  parseMembership,
  type Role,
} from './membership.ts';

let people: UnsafePerson[];
/** One of each role, another of each role, and a stranger. */
let owner: UnsafePerson;
let owner2: UnsafePerson;
let admin: UnsafePerson;
let admin2: UnsafePerson;
let member: UnsafePerson;
let member2: UnsafePerson;
let stranger: UnsafePerson;
let room: Bytes;
let state: MembershipState;
let invite: NewInvite;
let invitePair: CryptoKeyPair;

const pointOf = (person: UnsafePerson): ChainPoint => ({
  seq: person.chain.seq,
  hash: b64(chainHead(person.chain)),
});

/** Runs the statement through its bytes, as every reader of the log does. */
async function apply(
  before: MembershipState | null,
  by: UnsafePerson,
  statement: MembershipStatement,
  seq = 50,
): Promise<MembershipState> {
  const body = encodeMembership(before, statement);
  const parsed = parseMembership(body);
  expect(parsed.statement).toEqual(statement);
  const entry = { room, sender: by.account, seq, digest: await sha256(body) };
  return applyMembership(before, parsed.statement, parsed.prev, entry);
}

const outcome = (by: UnsafePerson, statement: MembershipStatement, before: MembershipState | null = state) =>
  refusal(() => apply(before, by, statement));

const id = (person: UnsafePerson): string => b64(person.account);
const roleOf = (s: MembershipState, person: UnsafePerson): Role | null =>
  s.members.get(hex(person.account))?.role ?? null;

beforeAll(async () => {
  people = await Promise.all([0, 1, 2, 3, 4, 5, 6].map(unsafePerson));
  [owner, owner2, admin, admin2, member, member2, stranger] = people as [
    UnsafePerson,
    UnsafePerson,
    UnsafePerson,
    UnsafePerson,
    UnsafePerson,
    UnsafePerson,
    UnsafePerson,
  ];
  const salt = randomBytes(16);
  room = await roomIdOf(owner.account, salt);
  invitePair = await unsafeSigningPair(40);
  invite = await makeInvite(room, { roomName: 'Kitchen', inviterHandle: 'ada' }, invitePair);
  state = await apply(null, owner, { type: 'room.create', salt: b64(salt), chain: pointOf(owner) }, 1);
  const add = async (person: UnsafePerson, role: 'admin' | 'member') => {
    state = await apply(state, owner, {
      type: 'member.add',
      account: id(person),
      role,
      chain: pointOf(person),
    });
  };
  await add(owner2, 'member');
  await add(admin, 'admin');
  await add(admin2, 'admin');
  await add(member, 'member');
  await add(member2, 'member');
  state = await apply(state, owner, { type: 'member.role', account: id(owner2), role: 'owner' });
});

const inviteStatement = (): MembershipStatement => ({
  type: 'invite.create',
  invite: b64(invite.invite),
  key: b64(invite.key),
  sealed: b64(invite.sealed),
  expiresAt: 1,
  uses: 2,
});

const joinStatement = async (
  person: UnsafePerson,
  key = invitePair.privateKey,
): Promise<MembershipStatement> => ({
  type: 'member.join',
  invite: b64(invite.invite),
  chain: pointOf(person),
  fingerprint: b64(person.chain.fingerprint),
  proof: b64(await proveJoin(key, room, invite.invite, person.account, person.chain.fingerprint)),
});

test('who may do what', async () => {
  type Row = [what: string, statement: MembershipStatement, owner: Answer, admin: Answer, member: Answer];
  type Answer = ErrorCode | 'accepted';
  const yes = 'accepted';
  const no = 'not_entitled';
  const chain = pointOf(stranger);
  const newcomer = id(stranger);
  const rows: Row[] = [
    ['add a member', { type: 'member.add', account: newcomer, role: 'member', chain }, yes, yes, yes],
    ['add an admin', { type: 'member.add', account: newcomer, role: 'admin', chain }, yes, no, no],
    ['invite', inviteStatement(), yes, yes, yes],
    ['remove a member', { type: 'member.remove', account: id(member2) }, yes, yes, no],
    ['remove an admin', { type: 'member.remove', account: id(admin2) }, yes, no, no],
    ['remove an owner', { type: 'member.remove', account: id(owner2) }, no, no, no],
    ['make a member admin', { type: 'member.role', account: id(member2), role: 'admin' }, yes, no, no],
    ['make a member owner', { type: 'member.role', account: id(member2), role: 'owner' }, yes, no, no],
    ['make an admin member', { type: 'member.role', account: id(admin2), role: 'member' }, yes, no, no],
    ['make an owner member', { type: 'member.role', account: id(owner2), role: 'member' }, yes, no, no],
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

test('a refused statement changes nothing', async () => {
  const before = structuredClone(state);
  await outcome(member, { type: 'member.remove', account: id(admin) });
  await outcome(owner, { type: 'member.remove', account: id(member) });
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
  expect(await outcome(owner, { type: 'member.add', account: id(member), role: 'member', chain })).toBe(
    'already_member',
  );
  expect(await outcome(owner, { type: 'member.remove', account: id(stranger) })).toBe('not_member');
  expect(await outcome(owner, { type: 'member.role', account: id(stranger), role: 'admin' })).toBe(
    'not_member',
  );
  expect(await outcome(owner, { type: 'member.remove', account: id(owner) })).toBe('bad_envelope');
});

test('a room keeps an owner while it has members', async () => {
  const one = await apply(state, owner, { type: 'member.role', account: id(owner2), role: 'member' });
  expect(roleOf(one, owner2)).toBe('member');
  expect(await outcome(owner, { type: 'member.leave' }, one)).toBe('last_owner');
  expect(await outcome(owner, { type: 'member.role', account: id(owner), role: 'admin' }, one)).toBe(
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
  const notDue = await apply(state, owner, { type: 'member.role', account: id(member), role: 'admin' }, 80);
  expect(notDue.changedAt).toBe(state.changedAt);
  expect(changesRecipients('member.join')).toBe(true);
  expect(changesRecipients('invite.create')).toBe(false);
  expect(changesRecipients('invite.revoke')).toBe(false);
});

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
  const right = (await joinStatement(stranger)) as Extract<MembershipStatement, { type: 'member.join' }>;
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
  const removed = await apply(invited, admin, { type: 'member.remove', account: id(member) });
  expect(removed.invites.size).toBe(0);
  const back = await apply(removed, admin, {
    type: 'member.add',
    account: id(member),
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

test('bodies of another form are refused', async () => {
  const right = { v: 1, type: 'member.remove', prev: b64(zeros(32)), account: id(member) };
  expect(parseMembership(utf8(JSON.stringify(right))).statement).toEqual({
    type: 'member.remove',
    account: id(member),
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
