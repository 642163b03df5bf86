/**
 * What a client keeps of each entry once it is verified: the timeline is a fold over these (`fold.ts`). Plain values; ids are
 * base64url, times are ms since the Unix epoch.
 */
import type { MembershipStatement, Payload } from '@sotto/protocol';
import type { Unreadable } from '../views.ts';

interface RecordBase {
  readonly seq: number;
  /** The server's clock. */
  readonly at: number;
}

/** Who wrote an entry, and under which message id. */
interface Signed extends RecordBase {
  readonly account: string;
  readonly device: string;
  readonly id: string;
  /** The sender's clock. */
  readonly sentAt: number;
}

export interface MessageRecord extends Signed {
  readonly kind: 'message';
  readonly payload: Payload;
}

/** A message that could not be opened (yet). */
export interface UnreadableRecord extends Signed {
  readonly kind: 'unreadable';
  readonly unreadable: Unreadable;
  readonly epoch: number;
  /** The envelope, for as long as a key may still come. */
  readonly envelope: Uint8Array | null;
}

export interface StatementRecord extends Signed {
  readonly kind: 'statement';
  readonly statement: MembershipStatement;
  /** Of a join: who made the invite. */
  readonly inviter: string | null;
}

export interface CommitRecord extends Signed {
  readonly kind: 'commit';
  readonly epoch: number;
}

export interface GrantRecord extends Signed {
  readonly kind: 'grant';
  /** The account that may read older messages, and from which sequence on. */
  readonly to: string;
  readonly since: number;
}

/** An entry from before this account's time: known by its digest alone. */
export interface HiddenRecord extends RecordBase {
  readonly kind: 'hidden';
  readonly digest: Uint8Array;
}

/** An entry that failed a check: kept, shown, not applied. */
export interface RefusedRecord extends RecordBase {
  readonly kind: 'refused';
  /** null where not even that can be believed. */
  readonly account: string | null;
  readonly unreadable: Unreadable;
}

export type EntryRecord =
  | MessageRecord
  | UnreadableRecord
  | StatementRecord
  | CommitRecord
  | GrantRecord
  | HiddenRecord
  | RefusedRecord;
