/** A room with two members of each role, made of unsafe people, and the statements of an invite to it. */
import { type Bytes, b64, hex } from '../src/bytes.ts';
import { randomBytes, sha256 } from '../src/crypto.ts';
import type { ErrorCode } from '../src/errors.ts';
import { roomIdOf } from '../src/identity.ts';
import { makeInvite, proveJoin } from '../src/invite.ts';
import { chainHead } from '../src/key-chain.ts';
import {
  applyMembership,
  type ChainPoint,
  encodeMembership,
  type MembershipState,
  type MembershipStatement,
  parseMembership,
  type Role,
} from '../src/membership.ts';
import { refusal } from './refusal.ts';
import { unsafeSigningPair } from './unsafe-key-pool.ts';
import { type UnsafePerson, unsafePerson } from './unsafe-person.ts';

export const [owner, owner2, admin, admin2, member, member2, stranger] = await Promise.all([
  unsafePerson(0),
  unsafePerson(1),
  unsafePerson(2),
  unsafePerson(3),
  unsafePerson(4),
  unsafePerson(5),
  unsafePerson(6),
]);
const salt = randomBytes(16);
export const room: Bytes = await roomIdOf(owner.account, salt);
export const invitePair = await unsafeSigningPair(40);
export const invite = await makeInvite(room, { roomName: 'Kitchen', inviterHandle: 'ada' }, invitePair);

export const pointOf = (person: UnsafePerson): ChainPoint => ({
  seq: person.chain.seq,
  hash: b64(chainHead(person.chain)),
});
export const idOf = (person: UnsafePerson): string => b64(person.account);
export const roleOf = (s: MembershipState, person: UnsafePerson): Role | null =>
  s.members.get(hex(person.account))?.role ?? null;

/** Runs the statement through its bytes, as every reader of the log does. */
export async function apply(
  before: MembershipState | null,
  by: UnsafePerson,
  said: MembershipStatement,
  seq = 50,
): Promise<MembershipState> {
  const body = encodeMembership(before, said);
  const { statement, prev } = parseMembership(body);
  return applyMembership(before, statement, prev, {
    room,
    sender: by.account,
    seq,
    digest: await sha256(body),
  });
}

async function made(): Promise<MembershipState> {
  let state = await apply(null, owner, { type: 'room.create', salt: b64(salt), chain: pointOf(owner) }, 1);
  const add = async (person: UnsafePerson, role: 'admin' | 'member'): Promise<void> => {
    const statement = { type: 'member.add', account: idOf(person), role, chain: pointOf(person) } as const;
    state = await apply(state, owner, statement);
  };
  await add(owner2, 'member');
  await add(admin, 'admin');
  await add(admin2, 'admin');
  await add(member, 'member');
  await add(member2, 'member');
  return apply(state, owner, { type: 'member.role', account: idOf(owner2), role: 'owner' });
}

/** All of them in their roles. */
export const state: MembershipState = await made();

/** With which code the room, in the given state, refuses a statement. */
export const outcome = (
  by: UnsafePerson,
  statement: MembershipStatement,
  before: MembershipState | null = state,
): Promise<ErrorCode | 'accepted'> => refusal(() => apply(before, by, statement));

export const inviteStatement = (): MembershipStatement => ({
  type: 'invite.create',
  invite: b64(invite.invite),
  key: b64(invite.key),
  sealed: b64(invite.sealed),
  expiresAt: 1,
  uses: 2,
});

export const joinStatement = async (
  person: UnsafePerson,
  key = invitePair.privateKey,
): Promise<Extract<MembershipStatement, { type: 'member.join' }>> => ({
  type: 'member.join',
  invite: b64(invite.invite),
  chain: pointOf(person),
  fingerprint: b64(person.chain.fingerprint),
  proof: b64(await proveJoin(key, room, invite.invite, person.account, person.chain.fingerprint)),
});
