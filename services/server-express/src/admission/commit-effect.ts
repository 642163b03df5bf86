/**
 * A commit's recipients, checked (design section 4): the wraps staged beside it must be for exactly the newest keys of all
 * live devices of all present members, and the tree that it signed must be theirs.
 */

import type { Effect, Store } from '@sotto/log';
import {
  type Bytes,
  equal,
  LIMITS,
  recipientKeysAt,
  recipientOf,
  recipientsRoot,
  SottoError,
  sameKeys,
} from '@sotto/protocol';
import type { KeyChains } from '../rooms/key-chains.ts';
import type { MembershipFolds } from '../rooms/membership-folds.ts';
import type { Draft } from './draft.ts';

interface Parts {
  readonly store: Store;
  readonly folds: MembershipFolds;
  readonly keyChains: KeyChains;
}
type CommitDraft = Extract<Draft, { kind: 'commit' }>;

/** Throws `unknown_room`, `membership_stale`, `keys_stale`, `wraps_missing`, `room_full` or `bad_envelope`. */
export async function commitEffect(
  { store, folds, keyChains }: Parts,
  draft: CommitDraft,
  entry: { room: Bytes; id: Bytes; device: Bytes },
): Promise<Extract<Effect, { type: 'commit' }>> {
  const { body } = draft;
  const [state, wraps] = await Promise.all([
    folds.newest(entry.room),
    store.stagedWraps(entry.room, entry.id, entry.device),
  ]);
  if (state === null) throw new SottoError('unknown_room');
  if (!equal(body.membership, state.hash)) throw new SottoError('membership_stale');
  const chains = await keyChains.newest([...state.members.values()].map((member) => member.account));
  const points: { account: Bytes; seq: number }[] = [];
  const recipients = chains.flatMap((chain) => {
    if (chain === null) throw new Error('a member has no key chain');
    points.push({ account: chain.account, seq: chain.seq });
    return recipientKeysAt(chain, chain.seq);
  });
  if (recipients.length > LIMITS.roomDevices) throw new SottoError('room_full');
  if (wraps.length < body.count) throw new SottoError('wraps_missing', `${wraps.length} of ${body.count}`);
  if (!sameKeys(recipients, wraps)) throw new SottoError('keys_stale');
  const root = await recipientsRoot(await Promise.all(wraps.map(recipientOf)));
  if (wraps.length !== body.count || !equal(root, body.root)) {
    throw new SottoError('bad_envelope', 'the tree is not that of the uploaded wraps');
  }
  return { type: 'commit', body, chains: points };
}
