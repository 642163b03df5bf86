/** What a reply shows of the message that it answers: its text as it is now. */
import type { TimelineItem } from '../views.ts';
import { cut, QUOTED_DELETED, QUOTED_MISSING, QUOTED_UNREADABLE } from './words.ts';

/** `target` null: hidden, or not come yet. */
export function quote(id: string, target: TimelineItem | null): NonNullable<TimelineItem['replyTo']> {
  if (target === null) return { id, handle: '', text: QUOTED_MISSING };
  return { id, handle: target.handle, text: quotedText(target) };
}

function quotedText({ kind, text }: TimelineItem): string {
  if (kind === 'deleted') return QUOTED_DELETED;
  return kind === 'unreadable' ? QUOTED_UNREADABLE : cut(text);
}

/** Whether replies show the same of both. */
export const isQuotedAlike = (a: TimelineItem | null, b: TimelineItem | null): boolean =>
  a?.id === b?.id && a?.kind === b?.kind && a?.handle === b?.handle && a?.text === b?.text;
