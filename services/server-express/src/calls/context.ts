/** What every call is handed, and the few questions that many of them ask. */

import type { Membership, Result, Store } from '@sotto/log';
import { type Bytes, type CallName, type Calls, SottoError } from '@sotto/protocol';
import type { Identity, Session } from '../connection/session.ts';
import type { Sessions } from '../connection/sessions.ts';
import type { Gate } from '../gate.ts';
import type { Handles } from '../keys/handles.ts';
import type { Limiters } from '../limiters.ts';
import type { Followers } from '../live/followers.ts';
import type { Presence } from '../live/presence.ts';
import type { KeyChains } from '../rooms/key-chains.ts';
import type { MembershipFolds } from '../rooms/membership-folds.ts';
import type { RoomChains } from '../rooms/room-chains.ts';
import type { Summaries } from '../rooms/summaries.ts';

export interface CallParts {
  readonly store: Store;
  readonly chains: RoomChains;
  readonly folds: MembershipFolds;
  readonly keyChains: KeyChains;
  readonly summaries: Summaries;
  readonly sessions: Sessions;
  readonly followers: Followers;
  readonly presence: Presence;
  readonly handles: Handles;
  readonly limiters: Limiters;
  /** Pages of the log that are read for clients at the same time. */
  readonly reads: Gate;
}

/** One call: its arguments (checked against the JSON Schemas, so base64url is decodable and of the right length), who asks, and the number by which a `read`'s entries are known. */
export interface Asked<N extends CallName> {
  readonly args: Calls[N]['ask'];
  readonly session: Session;
  readonly id: number;
}

/** A call's implementation. Throws `SottoError`s. */
export type Handler<N extends CallName> = (parts: CallParts, asked: Asked<N>) => Promise<Calls[N]['answer']>;

/** Throws `auth_required` for an anonymous session. */
export function signedIn(session: Session): Identity {
  if (session.identity === null) throw new SottoError('auth_required');
  return session.identity;
}

/** The caller's membership, present or past. Throws `unknown_room` or `not_member`. */
export async function membershipOf(store: Store, room: Bytes, identity: Identity): Promise<Membership> {
  const membership = await store.membership(room, identity.account);
  if (membership !== null) return membership;
  throw new SottoError((await store.room(room)) === null ? 'unknown_room' : 'not_member');
}

/** As `membershipOf`, of a present member. */
export async function presentMembership(store: Store, room: Bytes, identity: Identity): Promise<Membership> {
  const membership = await membershipOf(store, room, identity);
  if (membership.role === null) throw new SottoError('not_member');
  return membership;
}

/** Throws a store's refusal. */
export function accepted(result: Result): void {
  if (!result.ok) throw new SottoError(result.code, result.detail);
}
