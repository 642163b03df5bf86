/** People as they are named in sentences. */
import type { MemberView, ReactionView } from '@sotto/client';

/** "ada, ben and you", the reader last. */
export function namesOf(accounts: readonly string[], members: readonly MemberView[], me: string): string {
  const handles = new Map(members.map((member) => [member.account, member.handle]));
  const names = accounts.filter((a) => a !== me).map((a) => handles.get(a) ?? 'someone who left');
  if (accounts.includes(me)) names.push('you');
  return names.length < 2 ? (names[0] ?? '') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

/** Begins with what the chip shows, so that it can be called by that. */
export const reactionLabel = (reaction: ReactionView, members: readonly MemberView[], me: string): string =>
  `${reaction.emoji} ${reaction.accounts.length}, from ${namesOf(reaction.accounts, members, me)}`;
