/** The item that the timeline shows; each kind fills in its part of a blank one. */
import type { TimelineItem } from '../views.ts';
import type { Reader } from './words.ts';

type Known = Pick<TimelineItem, 'id' | 'seq' | 'kind' | 'at'> & Partial<TimelineItem>;

export const eventId = (seq: number): string => `entry:${seq}`;

/** `account` null: nobody in particular. */
export function makeItem(reader: Reader, account: string | null, known: Known): TimelineItem {
  return {
    account: account ?? '',
    handle: account === null ? '' : reader.handleOf(account),
    mine: account === reader.me,
    text: '',
    edited: false,
    replyTo: null,
    reactions: [],
    mentionsMe: false,
    send: 'logged',
    refusal: null,
    unreadable: null,
    ...known,
  };
}

/** Items of one place are made by the same code, so their fields stand in the same order. */
export const isSameItem = (a: TimelineItem, b: TimelineItem): boolean =>
  JSON.stringify(a) === JSON.stringify(b);

/** By sequence; what has none keeps its order, behind all that has. For a stable sort. */
export function bySeq(a: TimelineItem, b: TimelineItem): number {
  if (a.seq === null || b.seq === null) return Number(a.seq === null) - Number(b.seq === null);
  return a.seq - b.seq;
}
