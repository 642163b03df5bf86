/**
 * Membership, kind 3 (design section 6): who is in a room, in which role, through which invite, and from which
 * position of their key chain on. A pure function of the log: `applyMembership` takes a state and a statement.
 *
 * Each member's `chain` is the position of the key chain that the room has seen. It only rises: `member.keys`
 * raises one's own. Commits must wrap to the devices live at that position or a later one, so the log itself
 * orders key changes against epochs.
 */
import { type Bytes, b64, concat, equal, fromB64, hex, label, utf8, zeros } from './bytes.ts';
import { importVerifyKey, verify } from './crypto.ts';
import { SottoError } from './errors.ts';
import { roomIdOf } from './identity.ts';
import { LIMITS } from './limits.ts';
import { checkSize, parseTyped, type Shape } from './shape.ts';

export type Role = 'owner' | 'admin' | 'member';

/** A position in an account's key chain: the sequence and the link there. */
export interface ChainPoint {
  readonly seq: number;
  /** base64url of 32 bytes. */
  readonly hash: string;
}

/** What a member states; `v` and `prev` are added by `encodeMembership`. Ids and hashes are base64url. */
export type MembershipStatement =
  | { type: 'room.create'; salt: string; chain: ChainPoint }
  | { type: 'member.add'; account: string; role: 'admin' | 'member'; chain: ChainPoint }
  /** `proof`: the invite key's signature over `joinProofBytes`. */
  | { type: 'member.join'; invite: string; chain: ChainPoint; fingerprint: string; proof: string }
  | { type: 'member.remove'; account: string }
  | { type: 'member.leave' }
  | { type: 'member.role'; account: string; role: Role }
  | { type: 'member.keys'; chain: ChainPoint }
  /** `sealed`: the invite's private half, sealed under the link's secret (see `invite.ts`). */
  | { type: 'invite.create'; invite: string; key: string; sealed: string; expiresAt: number; uses: number }
  | { type: 'invite.revoke'; invite: string };

export interface Member {
  readonly account: Bytes;
  readonly role: Role;
  readonly chain: ChainPoint;
  /** Sequence of the entry that let this member in. */
  readonly since: number;
}

export interface Invite {
  readonly invite: Bytes;
  readonly key: Bytes;
  readonly sealed: Bytes;
  readonly inviter: Bytes;
  readonly expiresAt: number;
  readonly usesLeft: number;
  /** Sequence of its `invite.create`. */
  readonly seq: number;
}

export interface MembershipState {
  readonly room: Bytes;
  /** SHA-256 of the newest kind-3 envelope: each names the one before, so this stands for all of them. */
  readonly hash: Bytes;
  /** Sequence of the newest entry after which a new epoch is due. */
  readonly changedAt: number;
  /** By hexadecimal account id. */
  readonly members: ReadonlyMap<string, Member>;
  /** Live invites by hexadecimal invite id. */
  readonly invites: ReadonlyMap<string, Invite>;
}

/** The entry that carries a statement. */
export interface MembershipEntry {
  readonly room: Bytes;
  readonly sender: Bytes;
  readonly seq: number;
  /** SHA-256 of the envelope. */
  readonly digest: Bytes;
}

export const membershipLink = (state: MembershipState | null): Bytes => state?.hash ?? zeros(32);

/** The body of a kind-3 envelope that follows `state`. */
export function encodeMembership(state: MembershipState | null, statement: MembershipStatement): Bytes {
  return utf8(JSON.stringify({ v: 1, prev: b64(membershipLink(state)), ...statement }));
}

const bad = (why: string) => new SottoError('bad_envelope', `membership: ${why}`);

const SHAPES: Readonly<Record<MembershipStatement['type'], Shape>> = {
  'room.create': { prev: 'hash', salt: 'id', chain: 'chain' },
  'member.add': { prev: 'hash', account: 'id', role: 'entryRole', chain: 'chain' },
  'member.join': { prev: 'hash', invite: 'id', chain: 'chain', fingerprint: 'hash', proof: 'signature' },
  'member.remove': { prev: 'hash', account: 'id' },
  'member.leave': { prev: 'hash' },
  'member.role': { prev: 'hash', account: 'id', role: 'role' },
  'member.keys': { prev: 'hash', chain: 'chain' },
  'invite.create': {
    prev: 'hash',
    invite: 'id',
    key: 'spki',
    sealed: 'sealed',
    expiresAt: 'count',
    uses: 'count',
  },
  'invite.revoke': { prev: 'hash', invite: 'id' },
};

/** The statement in a kind-3 body and the link it follows. Throws `too_large` or `bad_envelope`. */
export function parseMembership(body: Bytes): { statement: MembershipStatement; prev: Bytes } {
  checkSize(body, LIMITS.membershipBodyBytes, 'membership statement');
  const { v: _, prev, ...statement } = parseTyped(body, SHAPES, bad);
  return { statement: statement as unknown as MembershipStatement, prev: fromB64(prev as string) };
}

/** What a joiner signs with the invite key: "sotto/1/join" || 0x00 || room || invite || account || fingerprint. */
export const joinProofBytes = (room: Bytes, invite: Bytes, account: Bytes, fingerprint: Bytes): Bytes =>
  concat(label('sotto/1/join'), room, invite, account, fingerprint);

/** Statements after which the next message needs a new epoch. */
const CHANGES_RECIPIENTS: ReadonlySet<MembershipStatement['type']> = new Set([
  'room.create',
  'member.add',
  'member.join',
  'member.remove',
  'member.leave',
  'member.keys',
]);

export const changesRecipients = (type: MembershipStatement['type']): boolean => CHANGES_RECIPIENTS.has(type);

const RANK: Record<Role, number> = { owner: 3, admin: 2, member: 1 };
const entitled = (ok: boolean, why: string): void => {
  if (!ok) throw new SottoError('not_entitled', why);
};

/**
 * The state after a statement. Checks link, entitlement, roles and, for a join, the invite's proof; not the
 * envelope's signature and not that the named chain positions exist (the caller holds the chains).
 * Throws `membership_stale`, `not_member`, `not_entitled`, `already_member`, `last_owner`, `invite_invalid`,
 * `bad_envelope`. A refused statement changes nothing.
 */
export async function applyMembership(
  state: MembershipState | null,
  statement: MembershipStatement,
  prev: Bytes,
  entry: MembershipEntry,
): Promise<MembershipState> {
  if (!equal(prev, membershipLink(state))) throw new SottoError('membership_stale');
  if (statement.type === 'room.create') return createRoom(state, statement, entry);
  if (state === null) throw new SottoError('unknown_room');
  const members = new Map(state.members);
  const invites = new Map(state.invites);
  const next: MembershipState = {
    room: state.room,
    hash: entry.digest,
    changedAt: changesRecipients(statement.type) ? entry.seq : state.changedAt,
    members,
    invites,
  };
  const senderId = hex(entry.sender);
  if (statement.type === 'member.join') {
    await join(state, statement, entry, members, invites);
    return next;
  }
  const sender = state.members.get(senderId);
  if (sender === undefined) throw new SottoError('not_member');
  const rank = RANK[sender.role];
  switch (statement.type) {
    case 'member.add': {
      const account = fromB64(statement.account);
      if (members.has(hex(account))) throw new SottoError('already_member');
      entitled(statement.role === 'member' || (statement.role === 'admin' && rank === 3), 'that role');
      members.set(hex(account), { account, role: statement.role, chain: statement.chain, since: entry.seq });
      break;
    }
    case 'member.remove': {
      const target = members.get(hex(fromB64(statement.account)));
      if (target === undefined) throw new SottoError('not_member', 'the account to remove');
      if (hex(target.account) === senderId) throw bad('use member.leave');
      entitled(rank > RANK[target.role], 'only a higher role may remove');
      members.delete(hex(target.account));
      withdrawInvites(invites, target.account);
      break;
    }
    case 'member.leave':
      if (sender.role === 'owner' && owners(members) === 1 && members.size > 1)
        throw new SottoError('last_owner');
      members.delete(senderId);
      withdrawInvites(invites, entry.sender);
      break;
    case 'member.role': {
      const target = members.get(hex(fromB64(statement.account)));
      if (target === undefined) throw new SottoError('not_member', 'the account to change');
      entitled(rank === 3, 'only an owner changes roles');
      if (target.role === 'owner' && statement.role !== 'owner' && owners(members) === 1) {
        throw new SottoError('last_owner');
      }
      members.set(hex(target.account), { ...target, role: statement.role });
      break;
    }
    case 'member.keys':
      if (statement.chain.seq <= sender.chain.seq) throw bad('the key list position must rise');
      members.set(senderId, { ...sender, chain: statement.chain });
      break;
    case 'invite.create': {
      const invite = fromB64(statement.invite);
      if (invites.has(hex(invite))) throw bad('the invite is there already');
      if (statement.uses > LIMITS.inviteUses) throw new SottoError('limit_reached', 'invite uses');
      invites.set(hex(invite), {
        invite,
        key: fromB64(statement.key),
        sealed: fromB64(statement.sealed),
        inviter: entry.sender,
        expiresAt: statement.expiresAt,
        usesLeft: statement.uses,
        seq: entry.seq,
      });
      break;
    }
    case 'invite.revoke': {
      const invite = invites.get(hex(fromB64(statement.invite)));
      if (invite === undefined) throw new SottoError('invite_invalid');
      entitled(rank >= 2 || equal(invite.inviter, entry.sender), 'another member made this invite');
      invites.delete(hex(invite.invite));
      break;
    }
  }
  return next;
}

/** An invite lives as long as its maker may invite, and does not come back with the maker. */
function withdrawInvites(invites: Map<string, Invite>, inviter: Bytes): void {
  for (const [id, invite] of invites) if (equal(invite.inviter, inviter)) invites.delete(id);
}

const owners = (members: ReadonlyMap<string, Member>): number =>
  [...members.values()].filter((m) => m.role === 'owner').length;

async function createRoom(
  state: MembershipState | null,
  statement: Extract<MembershipStatement, { type: 'room.create' }>,
  entry: MembershipEntry,
): Promise<MembershipState> {
  if (state !== null || entry.seq !== 1) throw bad('room.create is entry 1 only');
  if (!equal(entry.room, await roomIdOf(entry.sender, fromB64(statement.salt)))) {
    throw bad('the room id is not that of its creator');
  }
  const owner: Member = { account: entry.sender, role: 'owner', chain: statement.chain, since: 1 };
  return {
    room: entry.room,
    hash: entry.digest,
    changedAt: entry.seq,
    members: new Map([[hex(entry.sender), owner]]),
    invites: new Map(),
  };
}

async function join(
  state: MembershipState,
  statement: Extract<MembershipStatement, { type: 'member.join' }>,
  entry: MembershipEntry,
  members: Map<string, Member>,
  invites: Map<string, Invite>,
): Promise<void> {
  if (members.has(hex(entry.sender))) throw new SottoError('already_member');
  const invite = invites.get(hex(fromB64(statement.invite)));
  if (invite === undefined) throw new SottoError('invite_invalid');
  const key = await importVerifyKey(invite.key);
  const proven = joinProofBytes(state.room, invite.invite, entry.sender, fromB64(statement.fingerprint));
  if (key === null || !(await verify(key, fromB64(statement.proof), proven))) {
    throw new SottoError('invite_invalid', 'the proof does not match');
  }
  const usesLeft = invite.usesLeft - 1;
  if (usesLeft > 0) invites.set(hex(invite.invite), { ...invite, usesLeft });
  else invites.delete(hex(invite.invite));
  members.set(hex(entry.sender), {
    account: entry.sender,
    role: 'member',
    chain: statement.chain,
    since: entry.seq,
  });
}
