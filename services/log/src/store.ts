/**
 * The Store port: all that a replica keeps outside itself. Its adapters (SQLite here, Redis beside it) pass one
 * conformance suite (`../conformance`) that knows only this file.
 *
 * What every adapter guarantees:
 * - A promise that resolves to success means the data is fsynced. A rejection with `unavailable` means unknown.
 * - `append` is atomic: everything is checked before the first write, and a refusal changes nothing.
 * - A room's sequence is dense from 1. What was appended under a sequence never changes.
 */
import type {
  BackupMethod,
  Bytes,
  CommitBody,
  ErrorCode,
  Kind,
  Role,
  SignedStatement,
  Wrap,
} from '@sotto/protocol';

/** What an envelope does to the room besides standing in its log; worked out by the replica from its body. */
export type Effect =
  | { readonly type: 'message' }
  | {
      readonly type: 'membership';
      /** The link that the statement follows: compared with the room's, else `membership_stale`. */
      readonly prev: Bytes;
      /** Entry 1 of a new room. */
      readonly creates: boolean;
      /** True where the statement makes a new epoch due. */
      readonly epochDue: boolean;
      /** Role null: leaves the room. `chainSeq`: the position that the statement names, else null. */
      readonly members: readonly { account: Bytes; role: Role | null; chainSeq: number | null }[];
      /** `expiresAt` in ms since the Unix epoch; null removes the invite. */
      readonly invites: readonly { invite: Bytes; expiresAt: number | null }[];
      /** The invite that lets the sender in, for a sender who is no member yet. */
      readonly joinsBy: Bytes | null;
    }
  | {
      readonly type: 'commit';
      readonly body: CommitBody;
      /** Key-chain positions that the replica checked the wraps against; any that has grown: `keys_stale`. */
      readonly chains: readonly { account: Bytes; seq: number }[];
    }
  | { readonly type: 'history'; readonly to: Bytes; readonly since: number };

export interface AppendRequest {
  readonly room: Bytes;
  readonly kind: Kind;
  readonly epoch: number;
  /** First half of a commit hash, as the header has it. */
  readonly commit: Bytes;
  readonly account: Bytes;
  readonly device: Bytes;
  readonly deviceSeq: number;
  readonly id: Bytes;
  readonly previous: Bytes;
  readonly bytes: Bytes;
  /** SHA-256 of `bytes`. */
  readonly digest: Bytes;
  /** Verified by the replica before; refused here so that the order of refusals is one and the same everywhere. */
  readonly signatureValid: boolean;
  /** The server's clock, ms since the Unix epoch. */
  readonly now: number;
  /** The replica's own chain position in this room: the answer brings the digests after it. */
  readonly position: number;
  readonly effect: Effect;
}

export type AppendResult =
  | {
      readonly ok: true;
      readonly seq: number;
      readonly at: number;
      /** True where the same id with the same bytes was appended before: the first ack again. */
      readonly duplicate: boolean;
      /**
       * Digests of the entries `position + 1 .. seq`; empty where `seq <= position`, and where they are too many for one
       * answer: `digests` gives them in pages.
       */
      readonly digests: readonly Bytes[];
    }
  | { readonly ok: false; readonly code: ErrorCode; readonly detail?: string };

export interface LogEntry {
  readonly seq: number;
  readonly at: number;
  readonly bytes: Bytes;
  readonly digest: Bytes;
}

export interface RoomState {
  readonly head: number;
  readonly epoch: number;
  /** Whole hash of the commit in force; zeros before epoch 1. */
  readonly commitHash: Bytes;
  /** When that commit was appended, by the server's clock; 0 before epoch 1. */
  readonly commitAt: number;
  /** Sequence of that commit's entry. */
  readonly commitSeq: number;
  readonly membershipHash: Bytes;
  /** A commit must come before the next message. */
  readonly epochDue: boolean;
}

export interface Membership {
  readonly room: Bytes;
  /** null: no longer a member. */
  readonly role: Role | null;
  /** Entries from here on are served in full (a history grant lowers it). */
  readonly since: number;
  /** Entry of the removal, the last one served; null for members. */
  readonly until: number | null;
  readonly cursor: number;
}

export interface StoredAccount {
  readonly account: Bytes;
  /** The handle sealed by the replica's storage key; the store never sees it in the clear. */
  readonly sealedHandle: Bytes;
  readonly chainSeq: number;
}

export interface StoredBackup {
  readonly method: BackupMethod;
  /** scrypt hash of the authentication half, as the replica made it. */
  readonly authHash: string;
  readonly wrapped: Bytes;
}

export interface BackupItem {
  readonly name: string;
  readonly sealed: Bytes;
}

/** What an accepted key-chain statement changes, worked out by the replica. */
export type StatementEffect =
  | { readonly type: 'device.add'; readonly device: Bytes; readonly spki: Bytes }
  | { readonly type: 'device.revoke'; readonly device: Bytes }
  | { readonly type: 'key.publish' };

export interface NewAccount {
  readonly account: Bytes;
  /** Keyed hash of the handle: what look-ups use. */
  readonly handleIndex: Bytes;
  readonly sealedHandle: Bytes;
  /** account.create, then what follows on it. */
  readonly statements: readonly SignedStatement[];
  readonly effects: readonly StatementEffect[];
  readonly backup: StoredBackup;
  readonly items: readonly BackupItem[];
}

export type Result =
  | { readonly ok: true }
  | { readonly ok: false; readonly code: ErrorCode; readonly detail?: string };

export interface Store {
  /** Random, written at the store's birth. A client that meets another one says so. */
  readonly generation: string;

  /**
   * The atomic part of admission. Checks in this order and answers with the first that fails: id already there
   * (same digest: the first ack; other: `id_reused`); room exists (`unknown_room`; for a creating entry, that it does not: `bad_envelope`); sender
   * is a member, or joins by a live invite (`not_member`, `invite_invalid`); device known and live (`unknown_device`, `device_revoked`); for kinds
   * 1, 3 and 4 that epoch and commit are those in force, for kind 1 also that no commit is due (`epoch_stale`; due too after
   * `LIMITS.epochMessages` messages or `LIMITS.epochAgeMs`); for a commit that it is the next one
   * (`commit_stale`), membership (`membership_stale`), chains (`keys_stale`) and staged wraps (`wraps_missing`); for a statement its link (`membership_stale`); for a history grant that its sender is a member and so is its receiver (`not_member`);
   * the device's sequence and previous digest (`sequence_gap`); the signature (`bad_signature`).
   */
  append(request: AppendRequest): Promise<AppendResult>;

  /** Entries from `from` on: at most `limit`, and at most `maxBytes` of envelopes (but at least one entry). */
  read(room: Bytes, from: number, limit: number, maxBytes: number): Promise<LogEntry[]>;
  /** Digests of the entries `from .. to`, both included and existing. */
  digests(room: Bytes, from: number, to: number): Promise<Bytes[]>;
  /** The kind-2 and kind-3 entries after `after`. */
  statements(room: Bytes, after: number): Promise<LogEntry[]>;
  room(room: Bytes): Promise<RoomState | null>;
  /** Heads of many rooms at once; an unknown room has head 0. */
  heads(rooms: readonly Bytes[]): Promise<number[]>;
  /**
   * `listener` is called after each append with the room and its new head, also for other replicas' appends (perhaps once more
   * for one that was just before the call). `onGap`: some were missed, so heads must be compared. Returns a way to stop.
   */
  subscribe(listener: (room: Bytes, head: number) => void, onGap?: () => void): () => void;

  /** Sets a room-chain checkpoint where none is; answers the one that stands. */
  checkpoint(room: Bytes, seq: number, chain: Bytes): Promise<Bytes>;
  /** The highest checkpoint at or below `seq`; null where there is none. */
  checkpointBelow(room: Bytes, seq: number): Promise<{ seq: number; chain: Bytes } | null>;

  membership(room: Bytes, account: Bytes): Promise<Membership | null>;
  /** Every room the account is or was a member of. */
  memberships(account: Bytes): Promise<Membership[]>;
  /** Accounts in the room now. */
  members(room: Bytes): Promise<{ account: Bytes; role: Role }[]>;
  /** The room of a live invite; null where it is unknown, used up, withdrawn or `now` is past its end. */
  invite(invite: Bytes, now: number): Promise<Bytes | null>;
  /** Never lowers a cursor. */
  setCursor(room: Bytes, account: Bytes, seq: number): Promise<void>;

  /** All or nothing: `handle_taken`, or `chain_stale` where the account exists. */
  createAccount(account: NewAccount): Promise<Result>;
  /** Appends at position `seq` (compare-and-set, else `chain_stale`). */
  extendChain(
    account: Bytes,
    seq: number,
    statement: SignedStatement,
    effect: StatementEffect,
  ): Promise<Result>;
  /** Statements of an account from position `from` (1-based), at most `limit`. */
  chain(account: Bytes, from: number, limit: number): Promise<SignedStatement[]>;
  accounts(accounts: readonly Bytes[]): Promise<(StoredAccount | null)[]>;
  accountByHandle(handleIndex: Bytes): Promise<Bytes | null>;
  /** The device's verification key as SPKI, and whether it is live; null where unknown. */
  device(account: Bytes, device: Bytes): Promise<{ spki: Bytes; live: boolean } | null>;

  backup(account: Bytes): Promise<StoredBackup | null>;
  /** Items by ascending name after `after`, at most `limit`. */
  backupItems(account: Bytes, after: string, limit: number): Promise<BackupItem[]>;
  putBackupItems(account: Bytes, items: readonly BackupItem[]): Promise<void>;

  /** Adds wraps to those staged for a commit (by its message id and committer); again is harmless. Dropped when the commit is not made within an hour. */
  stageWraps(room: Bytes, commit: Bytes, device: Bytes, wraps: readonly Wrap[], now: number): Promise<void>;
  stagedWraps(room: Bytes, commit: Bytes, device: Bytes): Promise<Wrap[]>;
  /** All wraps of an epoch in ascending order of device id; empty where there is none. */
  wraps(room: Bytes, epoch: number): Promise<Wrap[]>;

  /** Rejects with `unavailable` where the store cannot be reached or written. */
  ping(): Promise<void>;
  close(): Promise<void>;
}
