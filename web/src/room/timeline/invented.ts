/** Invented timeline items, for tests. */
import type { TimelineItem } from '@sotto/client';

export function invent(over: Partial<TimelineItem> = {}): TimelineItem {
  const seq = over.seq === undefined ? 1 : over.seq;
  return {
    id: `m${seq}`,
    seq,
    kind: 'text',
    account: 'a',
    handle: 'ada',
    mine: false,
    at: 0,
    text: 'hello',
    edited: false,
    replyTo: null,
    reactions: [],
    mentionsMe: false,
    send: 'logged',
    refusal: null,
    unreadable: null,
    ...over,
  };
}
