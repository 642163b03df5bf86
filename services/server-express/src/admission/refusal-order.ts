/**
 * Which refusal an envelope gets when several are due. The store's checks stand in the order that its port gives; what the
 * replica finds by itself (entitlement, chain points, recipients) belongs between them.
 */
import type { ErrorCode } from '@sotto/protocol';

/** The store's checks of a commit or statement, in order. */
const EFFECT_ORDER: readonly ErrorCode[] = [
  'commit_stale',
  'membership_stale',
  'keys_stale',
  'wraps_missing',
];
/** What the store checks after the effect. */
const AFTER_EFFECT: ReadonlySet<ErrorCode> = new Set(['sequence_gap', 'bad_signature']);

/** True where the replica's finding comes before what the store answered to the same envelope. */
export function comesFirst(own: ErrorCode, stores: ErrorCode): boolean {
  if (AFTER_EFFECT.has(stores)) return true;
  const place = EFFECT_ORDER.indexOf(own);
  return place !== -1 && place < EFFECT_ORDER.indexOf(stores);
}
