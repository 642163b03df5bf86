/** The whole effect of a membership statement: what it changes in the store, once it was found to be allowed. */

import type { Effect, Store } from '@sotto/log';
import {
  applyMembership,
  type Bytes,
  type ChainPoint,
  equal,
  fromB64,
  type KeyChain,
  LIMITS,
  type MembershipState,
  recipientKeysAt,
  SottoError,
} from '@sotto/protocol';
import type { KeyChains } from '../rooms/key-chains.ts';
import type { MembershipFolds } from '../rooms/membership-folds.ts';
import type { Draft } from './draft.ts';

interface Parts {
  readonly store: Store;
  readonly folds: MembershipFolds;
  readonly keyChains: KeyChains;
}
type MembershipDraft = Extract<Draft, { kind: 'membership' }>;
type MembershipEffect = Extract<Effect, { type: 'membership' }>;

/** Throws what `applyMembership` throws, and the refusals of chain points and limits. */
export async function membershipEffect(
  parts: Parts,
  draft: MembershipDraft,
  entry: { room: Bytes; sender: Bytes; digest: Bytes },
): Promise<MembershipEffect> {
  const { statement } = draft;
  const state = await parts.folds.newest(entry.room);
  // The sequence decides nothing here but that room.create stands first.
  const place = { ...entry, seq: state === null ? 1 : Number.MAX_SAFE_INTEGER };
  const next = await applyMembership(state, statement, draft.prev, place);
  const subject = statement.type === 'member.add' ? fromB64(statement.account) : entry.sender;
  if ('chain' in statement) {
    const chain = await chainWithPoint(parts.keyChains, subject, statement.chain);
    if (statement.type === 'member.join' && !equal(fromB64(statement.fingerprint), chain.fingerprint)) {
      throw new SottoError('bad_envelope', 'membership: the fingerprint is not that of the account');
    }
    if (statement.type !== 'member.keys') await checkRoomFor(parts, state, subject, chain);
  }
  return { ...draft.effect, members: memberChanges(state, next), invites: inviteChanges(state, next) };
}

/** A statement that names a position of a key chain must name one that exists (design section 6, Membership). */
async function chainWithPoint(keyChains: KeyChains, account: Bytes, point: ChainPoint): Promise<KeyChain> {
  const chain = await keyChains.one(account);
  if (chain === null) throw new SottoError('unknown_account');
  if (point.seq > chain.seq)
    throw new SottoError('chain_stale', 'the key list is shorter than the statement says');
  if (!equal(chain.links[point.seq - 1] as Bytes, fromB64(point.hash))) {
    throw new SottoError('bad_envelope', 'membership: the key list differs at that position');
  }
  return chain;
}

/** One member more must not make the room one for which no commit can be made any more. */
async function checkRoomFor(
  { store, keyChains }: Parts,
  state: MembershipState | null,
  account: Bytes,
  chain: KeyChain,
): Promise<void> {
  const rooms = (await store.memberships(account)).filter((m) => m.role !== null).length;
  if (rooms >= LIMITS.accountRooms) throw new SottoError('limit_reached', 'rooms of the account');
  const present = await keyChains.newest([...(state?.members.values() ?? [])].map((m) => m.account));
  const devices = [...present, chain].map((c) => (c === null ? 0 : recipientKeysAt(c, c.seq).length));
  if (devices.reduce((sum, n) => sum + n, 0) > LIMITS.roomDevices) throw new SottoError('room_full');
}

function memberChanges(before: MembershipState | null, after: MembershipState): MembershipEffect['members'] {
  const changes: {
    account: Bytes;
    role: MembershipEffect['members'][number]['role'];
    chainSeq: number | null;
  }[] = [];
  for (const [id, member] of after.members) {
    const was = before?.members.get(id);
    if (was?.role === member.role && was.chain.seq === member.chain.seq) continue;
    const chainSeq = was?.chain.seq === member.chain.seq ? null : member.chain.seq;
    changes.push({ account: member.account, role: member.role, chainSeq });
  }
  for (const [id, member] of before?.members ?? []) {
    if (!after.members.has(id)) changes.push({ account: member.account, role: null, chainSeq: null });
  }
  return changes;
}

/** Those that are used up, withdrawn, or end with their maker's membership are taken out. */
function inviteChanges(before: MembershipState | null, after: MembershipState): MembershipEffect['invites'] {
  const made = [...after.invites].filter(([id]) => before?.invites.has(id) !== true);
  const gone = [...(before?.invites ?? [])].filter(([id]) => !after.invites.has(id));
  return [
    ...made.map(([, { invite, expiresAt }]) => ({ invite, expiresAt })),
    ...gone.map(([, { invite }]) => ({ invite, expiresAt: null })),
  ];
}
