/**
 * A row is an item with what stands above it: the name of its day, the line before new messages, its sender. One row an
 * item, so that a place in the list is a place in the timeline.
 */
import type { TimelineItem } from '@sotto/client';
import { HOUR_MS, startOfDay } from './days.ts';

export interface Row {
  readonly item: TimelineItem;
  /** The day that begins with this row, as its first moment. */
  readonly day: number | null;
  /** The first message that was new when the room was opened. */
  readonly firstNew: boolean;
  /** Begins a group: avatar and name are shown. */
  readonly head: boolean;
}

const GROUP_MS = 5 * 60_000;

/** `newAfter`: messages of others above this sequence are new; null shows no line. Rows of `previous` are kept where equal. */
export function rowsOf(
  items: readonly TimelineItem[],
  newAfter: number | null,
  now: number,
  previous: readonly Row[] = [],
): Row[] {
  let lastDay = Number.NEGATIVE_INFINITY;
  let before: TimelineItem | undefined;
  let lineDrawn = newAfter === null;
  return items.map((item, i) => {
    // Senders' clocks differ and lie: days only go forward, and none is later than tomorrow.
    const day = item.at <= now + 24 * HOUR_MS ? startOfDay(item.at) : lastDay;
    const newDay = day > lastDay;
    if (newDay) lastDay = day;
    const firstNew = !lineDrawn && isNew(item, newAfter as number);
    lineDrawn ||= firstNew;
    const row: Row = {
      item,
      day: newDay ? day : null,
      firstNew,
      head: newDay || firstNew || !continues(before, item),
    };
    before = item;
    const old = previous[i];
    return old !== undefined && same(old, row) ? old : row;
  });
}

export const isNew = (item: TimelineItem, after: number): boolean =>
  !item.mine && item.kind !== 'event' && item.seq !== null && item.seq > after;

function continues(before: TimelineItem | undefined, item: TimelineItem): boolean {
  return (
    before !== undefined &&
    before.kind !== 'event' &&
    before.account === item.account &&
    Math.abs(item.at - before.at) <= GROUP_MS
  );
}

const same = (a: Row, b: Row): boolean =>
  a.item === b.item && a.day === b.day && a.firstNew === b.firstNew && a.head === b.head;
