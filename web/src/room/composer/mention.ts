/** "@" and what follows it, up to the caret: whom it may mean, and the text once somebody is chosen. */
import type { MemberView } from '@sotto/client';

export interface MentionQuery {
  /** Where the "@" stands. */
  readonly from: number;
  readonly typed: string;
}

const MAX_OFFERED = 6;

export function mentionAt(text: string, caret: number): MentionQuery | null {
  const found = /(?<![\w@-])@([\w-]{0,32})$/.exec(text.slice(Math.max(0, caret - 40), caret));
  return found === null ? null : { from: caret - found[0].length, typed: (found[1] as string).toLowerCase() };
}

/** Handles that begin with what was typed come first, then those that contain it. */
export function offered(members: readonly MemberView[], typed: string): MemberView[] {
  const others = members.filter((member) => !member.me && member.handle.includes(typed));
  const rank = (member: MemberView): number => (member.handle.startsWith(typed) ? 0 : 1);
  return others.sort((a, b) => rank(a) - rank(b) || a.handle.localeCompare(b.handle)).slice(0, MAX_OFFERED);
}

/** The text with the handle in the place of the query, and where the caret stands then. */
export function completed(
  text: string,
  query: MentionQuery,
  caret: number,
  handle: string,
): { text: string; caret: number } {
  const after = text.slice(caret).replace(/^[\w-]*/, '');
  const head = `${text.slice(0, query.from)}@${handle}`;
  return { text: `${head}${/^\s/.test(after) ? '' : ' '}${after}`, caret: head.length + 1 };
}
