/** Where the line before new messages stands. It stays there while the room is open, so that it can be found again. */
import type { TimelineItem } from '@sotto/client';
import { isNew } from './rows.ts';

/** The sequence after which messages are new, or null where all were read. */
export function newAfter(items: readonly TimelineItem[], cursor: number): number | null {
  return items.some((item) => isNew(item, cursor)) ? cursor : null;
}

/** Messages of others that the reader has not had on the screen. */
export function countNew(items: readonly TimelineItem[], seen: number): number {
  let count = 0;
  // From the end: in a long room nearly all was seen.
  for (let i = items.length - 1; i >= 0; i--) {
    const item = items[i] as TimelineItem;
    if (item.seq !== null && item.seq <= seen) break;
    if (isNew(item, seen)) count++;
  }
  return count;
}

/** The newest message of one's own that is still on its way: whoever sends wants to see it. */
export function newestUnsent(items: readonly TimelineItem[]): string | null {
  const last = items.at(-1);
  return last?.mine && last.seq === null ? last.id : null;
}

/** How many items were put before the first one of `previous`; older history comes in at the top. */
export function prepended(previousFirst: string | undefined, items: readonly TimelineItem[]): number {
  if (previousFirst === undefined || items[0]?.id === previousFirst) return 0;
  return Math.max(
    0,
    items.findIndex((item) => item.id === previousFirst),
  );
}
