/**
 * Cuts a run of a room's entries at its membership changes: an entry that lets somebody in is the first they see, one that
 * removes somebody is the last.
 */

import type { LogEntry } from '@sotto/log';
import {
  type Bytes,
  fromB64,
  KIND,
  type MembershipStatement,
  parseEnvelope,
  parseMembership,
} from '@sotto/protocol';

const KIND_OFFSET = 5;

/** Who is to be let in before the segment is handed out, who to be told of a new role or let go after it. */
export interface Segment {
  readonly entries: LogEntry[];
  readonly enters: Bytes | null;
  changes: Bytes | null;
  leaves: Bytes | null;
}

export const kindOf = (bytes: Bytes): number => bytes[KIND_OFFSET] as number;

function changeOf(entry: LogEntry): Pick<Segment, 'enters' | 'changes' | 'leaves'> {
  const none = { enters: null, changes: null, leaves: null };
  if (kindOf(entry.bytes) !== KIND.membership) return none;
  const { header, body } = parseEnvelope(entry.bytes);
  const statement: MembershipStatement = parseMembership(body).statement;
  switch (statement.type) {
    case 'room.create':
    case 'member.join':
      return { ...none, enters: header.account };
    case 'member.add':
      return { ...none, enters: fromB64(statement.account) };
    case 'member.leave':
      return { ...none, leaves: header.account };
    case 'member.remove':
      return { ...none, leaves: fromB64(statement.account) };
    case 'member.role':
      return { ...none, changes: fromB64(statement.account) };
    default:
      return none;
  }
}

/** `entries`: consecutive entries of one room's log, in order. */
export function segments(entries: readonly LogEntry[]): Segment[] {
  const out: Segment[] = [];
  for (const entry of entries) {
    const { enters, changes, leaves } = changeOf(entry);
    let last = out.at(-1);
    if (last === undefined || enters !== null || last.changes !== null || last.leaves !== null) {
      last = { entries: [], enters, changes: null, leaves: null };
      out.push(last);
    }
    last.entries.push(entry);
    last.changes = changes;
    last.leaves = leaves;
  }
  return out;
}
