/** The members of a room as a person sees them. */
import { b64, isLiveAt, type MembershipState } from '@sotto/protocol';
import type { People } from '../people/people.ts';
import type { MemberView } from '../views.ts';

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
