/** Which of a room's entries a reader gets in full, and which as digests alone (enough for the room chain). */

import type { LogEntry } from '@sotto/log';
import { type BatchEntry, KIND } from '@sotto/protocol';
import { kindOf } from './segments.ts';

/** Statements and commits are every reader's business: by them members check each other. */
const isPublic = (entry: LogEntry): boolean => {
  const kind = kindOf(entry.bytes);
  return kind === KIND.membership || kind === KIND.commit;
};

/** `since`: first sequence that the reader gets in full. */
export const visible = (entries: readonly LogEntry[], since: number): BatchEntry[] =>
  entries.map((entry) => ({
    at: entry.at,
    bytes: entry.seq >= since || isPublic(entry) ? entry.bytes : entry.digest,
  }));
