/** The members of a room as a person sees them, and what of them keeps this device from writing. */
import { b64, hex, isLiveAt, type MembershipState } from '@sotto/protocol';
import type { People } from '../people/people.ts';
import type { MemberView, RoomView } from '../views.ts';
import type { RoomContext } from './context.ts';

const RANK = { owner: 0, admin: 1, member: 2 } as const;

export function memberViews(
  membership: MembershipState | null,
  people: People,
  me: string,
  online: ReadonlySet<string>,
): MemberView[] {
  const views = [...(membership?.members.values() ?? [])].map((member): MemberView => {
    const account = b64(member.account);
    const chain = people.known(account);
    const live = [...(chain?.devices.values() ?? [])].filter(
      (d) => chain && isLiveAt(chain, d.device, chain.seq),
    );
    return {
      account,
      handle: people.handle(account) ?? '',
      role: member.role,
      me: account === me,
      online: account === me || online.has(account),
      trust: account === me ? 'self' : people.trust(account),
      devices: live.length,
    };
  });
  return views.sort((a, b) => RANK[a.role] - RANK[b.role] || a.handle.localeCompare(b.handle));
}

/** Why nothing may be sent into the room now; null where it may. */
export function blockOf(
  halted: string | null,
  membership: MembershipState | null,
  { people, alerts, account }: Pick<RoomContext, 'people' | 'alerts' | 'account'>,
  me: string,
): RoomView['blocked'] {
  if (halted !== null) {
    const sentence = 'This room stopped, because the server showed something that cannot be true.';
    return { sentence, alert: halted };
  }
  if (membership === null) return null;
  if (!membership.members.has(hex(account))) {
    return { sentence: 'You are no longer a member of this room.', alert: null };
  }
  for (const member of membership.members.values()) {
    const id = b64(member.account);
    if (id === me || people.trust(id) !== 'changed') continue;
    const who = people.handle(id) ?? 'Somebody';
    const sentence = `${who} has another account key than before. Acknowledge it before you write here.`;
    return { sentence, alert: alerts.open('account-key-changed', id)?.id ?? null };
  }
  return null;
}
