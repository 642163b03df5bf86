/**
 * What travels between client and replica over Socket.IO, version 1. PROTOCOL.md describes it; `schemas/` holds
 * the JSON Schemas of the same shapes, and a test holds the two together. All byte strings in JSON are base64url.
 *
 * Socket.IO events:
 *   hello    server -> client  string: JSON of `Hello`
 *   auth     client -> server  string: JSON of `Auth`
 *   welcome  server -> client  binary: the server direction's first frame, `Welcome`
 *   refused  server -> client  string: JSON of `WireError`, before there is a channel
 *   frame    both ways         binary: a sealed frame. Client: `Call`. Server: `Reply` or `Notice`
 *   send     client -> server  binary: `encodeEnvelopes`. Answered by a notice `acks`, one item per envelope
 *   entries  server -> client  binary: `encodeEntries`
 */
import type { BackupMethod } from './backup.ts';
import type { WireError } from './errors.ts';
import type { Role } from './membership.ts';

export interface WireStatement {
  bytes: string;
  signature: string;
}

/** A room as a member's device meets it after signing in. */
export interface RoomSummary {
  room: string;
  /** Highest sequence, and the room chain there. */
  head: number;
  chain: string;
  epoch: number;
  /** null once removed: the log may then be read up to `until`. */
  role: Role | null;
  /** First sequence that is served in full; before it, digests alone. */
  since: number;
  /** Last sequence that is served to a former member; null for a member. */
  until: number | null;
  /** How far this account has read, over all its devices. */
  cursor: number;
}

export interface Welcome {
  session: string;
  /** Over the transcript (`verifyWelcome`); absent in a resumed session, whose channel proves the server. */
  signature?: string;
  /** For `mode: device` and resumed sessions. */
  ticket?: string;
  chainSeq?: number;
  rooms: RoomSummary[];
  time: number;
}

/** The calls: name -> what is asked, what is answered. `anon`: allowed before a device has signed in. */
export interface Calls {
  /** anon. Statements: account.create, device.add, key.publish. `wrapped`: see `wrapBackupKey`. */
  'account.create': {
    ask: {
      handle: string;
      statements: WireStatement[];
      backup: { method: BackupMethod; auth: string; wrapped: string };
      items: { name: string; sealed: string }[];
    };
    answer: { account: string };
  };
  /** anon. How the handle's backup key is wrapped. */
  'backup.method': { ask: { handle: string }; answer: { account: string; method: BackupMethod } };
  /** anon. The wrapped backup key and all items, in pages by name. */
  'backup.fetch': {
    ask: { handle: string; auth: string; after?: string };
    answer: { wrapped: string; items: { name: string; sealed: string }[]; next: string | null };
  };
  /** anon: how a restored client admits its new device. Statements signed by the account key. */
  'device.add': { ask: { statements: WireStatement[] }; answer: { seq: number } };
  /** What the account's devices have put: for a device that was admitted while another was away. */
  'backup.read': {
    ask: { after?: string };
    answer: { items: { name: string; sealed: string }[]; next: string | null };
  };
  'backup.put': { ask: { items: { name: string; sealed: string }[] }; answer: Record<string, never> };
  'account.find': { ask: { handle: string }; answer: { account: string } };
  /** Handles of accounts that share a room with the caller (or the caller's own), or of an inviter. */
  directory: {
    ask: { accounts: string[] };
    answer: { accounts: { account: string; handle: string; seq: number }[] };
  };
  /** anon. Statements from position `from` on, at most 64. */
  'chain.read': {
    ask: { account: string; from: number };
    answer: { statements: WireStatement[]; seq: number };
  };
  'chain.extend': { ask: { statement: WireStatement }; answer: { seq: number } };
  rooms: { ask: Record<string, never>; answer: { rooms: RoomSummary[] } };
  /** Answered by one `entries` event with this call's id, then the reply. `count` entries were sent. */
  read: {
    ask: { room: string; from: number; limit: number };
    answer: { count: number; head: number; chain: string };
  };
  /** A chunk of a commit's wraps, before the commit is sent. `commit`: its message id. */
  'wraps.stage': {
    ask: { room: string; commit: string; wraps: { device: string; keyId: string; wrap: string }[] };
    answer: Record<string, never>;
  };
  /** The caller's own wrap of an epoch and its path in the recipients' tree. */
  'wrap.fetch': {
    ask: { room: string; epoch: number };
    answer: { keyId: string; wrap: string; index: number; size: number; path: string[] };
  };
  /** All recipients of an epoch for the audit: 64 bytes each (device, key id, wrap hash), in the tree's order. */
  'recipients.fetch': { ask: { room: string; epoch: number }; answer: { recipients: string } };
  /** What an invite id leads to, for somebody who is not yet a member. */
  'invite.open': {
    ask: { invite: string };
    answer: { room: string; envelope: string; inviterHandle: string; head: number; chain: string };
  };
  /** The kind-2 and kind-3 envelopes of a room (a batch with digests elsewhere), for a holder of a live invite. */
  'invite.read': {
    ask: { invite: string; from: number; limit: number };
    answer: { count: number; head: number; chain: string };
  };
  'cursor.set': { ask: { room: string; seq: number }; answer: Record<string, never> };
  /** Ephemeral; may be lost. */
  typing: { ask: { room: string; typing: boolean }; answer: Record<string, never> };
  /** Who of a room's members is connected now. */
  presence: { ask: { room: string }; answer: { online: string[] } };
}

export type CallName = keyof Calls;
export const ANONYMOUS_CALLS: ReadonlySet<CallName> = new Set<CallName>([
  'account.create',
  'backup.method',
  'backup.fetch',
  'device.add',
  'chain.read',
]);

export interface Call<N extends CallName = CallName> {
  /** Chosen by the client, 1 to 2^32-1, unique among its calls in flight. */
  id: number;
  call: N;
  args: Calls[N]['ask'];
}

export type Reply = { id: number; ok: unknown } | { id: number; error: WireError };

export interface Ack {
  room: string;
  /** The message id. */
  id: string;
  seq: number;
  chain: string;
  at: number;
}

/** The refusal of one envelope. `id` and `room` are absent where the envelope could not be parsed. */
export interface Nack {
  room?: string;
  id?: string;
  error: WireError;
}

export interface WireReceipt {
  room: string;
  seq: number;
  chain: string;
  at: number;
  index: number;
  size: number;
  path: string[];
  signature: string;
}

export type Notice =
  | { notice: 'acks'; acks: (Ack | Nack)[] }
  | { notice: 'receipts'; receipts: WireReceipt[] }
  /** The caller was let into a room, or its role changed, or it was removed (`role: null`). */
  | { notice: 'room'; room: RoomSummary }
  /** The key chain of somebody who shares a room grew to `seq`. */
  | { notice: 'keys'; account: string; seq: number }
  | { notice: 'typing'; room: string; account: string; typing: boolean }
  | { notice: 'presence'; room: string; account: string; online: boolean }
  | { notice: 'cursor'; room: string; seq: number }
  | { notice: 'draining'; retryAfterMs: number };

export const isNack = (item: Ack | Nack): item is Nack => 'error' in item;
