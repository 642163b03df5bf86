/**
 * A newcomer cannot read how the room was named, so whoever let it in says the name again: after an invite of one's own was used, by
 * any device; after one added somebody, by the device that did. The timeline shows no second event for it.
 */
import type { EntryRecord } from '../timeline/record.ts';

/** True where these new records, up to the newest, leave somebody without the room's name. */
export function isIntroductionDue(records: readonly EntryRecord[], me: string, device: string): boolean {
  let due = false;
  for (const record of records) {
    if (record.kind === 'message' && record.payload.kind === 'profile') due = false;
    if (record.kind !== 'statement') continue;
    const { statement } = record;
    if (statement.type === 'member.join' && record.inviter === me) due = true;
    if (statement.type === 'member.add' && record.device === device) due = true;
  }
  return due;
}
