/** What can be done with a message: told to the timeline's owner. */
import type { MemberView, TimelineItem } from '@sotto/client';

export interface Actions {
  onreply: (item: TimelineItem) => void;
  onedit: (item: TimelineItem) => void;
  ondelete: (item: TimelineItem) => void;
  onreact: (item: TimelineItem, emoji: string, on: boolean) => void;
  ondiscard: (item: TimelineItem) => void;
}

/** Nothing can be said about a message that the log does not have yet. */
export const isSettled = (item: TimelineItem): boolean => item.kind === 'text' && item.seq !== null;

export const mayEdit = (item: TimelineItem): boolean => isSettled(item) && item.mine;

/** One's own, and a moderator's: anybody's. What cannot be read can still be taken away. */
export function mayDelete(item: TimelineItem, members: readonly MemberView[]): boolean {
  if (item.seq === null || (item.kind !== 'text' && item.kind !== 'unreadable')) return false;
  const role = members.find((member) => member.me)?.role;
  return item.mine || role === 'owner' || role === 'admin';
}
