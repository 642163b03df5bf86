/**
 * What the headless client shows to whoever drives it (command line, web app, bots, tests): plain values that can
 * cross a worker boundary. Ids are base64url. Times are ms since the Unix epoch.
 */
import type { Role } from '@sotto/protocol';

export type ConnectionState =
  | { state: 'offline'; reason: string; retryAt: number | null }
  | { state: 'connecting' }
  | { state: 'catching-up'; behind: number }
  | { state: 'online' };

/** `queued`: kept here, not yet on its way. `sent`: on its way, no answer yet. `logged`: acknowledged, durable. */
export type SendState = 'queued' | 'sent' | 'logged' | 'refused';

export interface ReactionView {
  emoji: string;
  accounts: string[];
}

/** Why something cannot be read, and what the person can do about it. */
export interface Unreadable {
  cause: string;
  action: string;
}

export interface TimelineItem {
  /** Message id for messages; `entry:<seq>` for events. */
  id: string;
  /** null until acknowledged. Items are ordered by it; unacknowledged ones follow in the order of sending. */
  seq: number | null;
  kind: 'text' | 'event' | 'unreadable' | 'deleted';
  account: string;
  handle: string;
  mine: boolean;
  /** Sender's clock for messages, the server's for events. */
  at: number;
  /** The newest text; of an event, the sentence. */
  text: string;
  edited: boolean;
  replyTo: { id: string; handle: string; text: string } | null;
  reactions: ReactionView[];
  mentionsMe: boolean;
  send: SendState;
  /** Why it was refused. */
  refusal: string | null;
  unreadable: Unreadable | null;
}

export interface MemberView {
  account: string;
  handle: string;
  role: Role;
  me: boolean;
  online: boolean;
  /** `new`: seen first through the server alone. `verified`: safety number compared. `changed`: must be acknowledged. */
  trust: 'new' | 'verified' | 'changed' | 'self';
  devices: number;
}

export interface RoomView {
  room: string;
  name: string;
  topic: string;
  role: Role | null;
  head: number;
  epoch: number;
  unread: number;
  mentions: number;
  members: number;
  /** Newest readable line, for the list. */
  preview: { handle: string; text: string; at: number } | null;
  /** Accounts that are typing now. */
  typing: string[];
  /** How far this account has read, over all its devices. */
  cursor: number;
  /** Messages before this sequence are not this account's to read; 1 where there are none. */
  since: number;
  /** Set while the room refuses to go on, because of an alert. */
  halted: boolean;
  /** Why nothing can be sent now, and what to do about it; null where it can. Offline is no reason: the outbox keeps it. */
  blocked: { sentence: string; alert: string | null } | null;
}

/** Each lie has a name; see THREATMODEL.md. */
export type AlertName =
  | 'planted-room-key'
  | 'ghost-device'
  | 'ghost-member'
  | 'key-chain-rollback'
  | 'newest-key-withheld'
  | 'message-dropped'
  | 'messages-swapped'
  | 'message-repeated'
  | 'history-forked'
  | 'different-secret'
  | 'server-key-changed'
  | 'backup-downgraded'
  | 'store-rolled-back'
  | 'store-generation-changed'
  | 'account-key-changed'
  | 'bad-signature'
  | 'old-epoch'
  | 'removed-member'
  | 'receipt-broken';

export interface AlertView {
  id: string;
  name: AlertName;
  room: string | null;
  account: string | null;
  /** Plain words: what was seen, and what it means. */
  sentence: string;
  at: number;
  /** JSON that a third person can check: the signed bytes involved. */
  proof: string;
  acknowledged: boolean;
}

export interface AccountView {
  account: string;
  handle: string;
  device: string;
  fingerprint: string;
}

/** Events of the client, each with the whole new value of what changed. */
export interface ClientEvents {
  account: AccountView | null;
  connection: ConnectionState;
  rooms: RoomView[];
  /** Items that are new or changed; `reset` replaces the whole timeline of the room. */
  timeline: { room: string; items: TimelineItem[]; reset: boolean };
  members: { room: string; members: MemberView[] };
  alert: AlertView;
}

export interface SignUpProgress {
  step: 'account-key' | 'device-key' | 'encryption-key' | 'backup' | 'publishing' | 'done';
  /** 0 to 1. */
  done: number;
}

/** The client's surface. Every method that can fail rejects with a `SottoError` of the table. */
export interface SottoClientApi {
  account(): AccountView | null;
  connection(): ConnectionState;
  rooms(): RoomView[];
  timeline(room: string): TimelineItem[];
  members(room: string): MemberView[];
  alerts(): AlertView[];

  /** `passphrase` null: a recovery phrase is made and returned (24 words), to be shown once. */
  signUp(
    handle: string,
    passphrase: string | null,
    progress?: (p: SignUpProgress) => void,
  ): Promise<{ phrase: string | null }>;
  /** Recovery phrase or passphrase: the server says which the handle has. Adds this device to the account. */
  restore(handle: string, words: string, progress?: (p: SignUpProgress) => void): Promise<void>;
  devices(): Promise<{ device: string; addedAt: number; thisDevice: boolean; live: boolean }[]>;
  revokeDevice(device: string): Promise<void>;
  /** Forgets everything on this device. */
  forget(): Promise<void>;

  createRoom(name: string): Promise<string>;
  renameRoom(room: string, name: string, topic: string): Promise<void>;
  /** A link for people without or with an account. */
  invite(room: string): Promise<string>;
  addMember(room: string, handle: string): Promise<void>;
  previewInvite(
    link: string,
  ): Promise<{ roomName: string; inviterHandle: string; inviterFingerprint: string; member: boolean }>;
  join(link: string): Promise<string>;
  leave(room: string): Promise<void>;
  removeMember(room: string, account: string): Promise<void>;
  setRole(room: string, account: string, role: Role): Promise<void>;
  grantHistory(room: string, account: string): Promise<void>;

  /** Puts the message into the durable outbox and resolves with its id; `acknowledged` tells the rest. */
  sendText(room: string, text: string, replyTo?: string): Promise<string>;
  edit(room: string, target: string, text: string): Promise<string>;
  remove(room: string, target: string): Promise<string>;
  react(room: string, target: string, emoji: string, on: boolean): Promise<string>;
  /** Resolves when the log has it, rejects when it was refused for good. */
  acknowledged(room: string, id: string): Promise<{ seq: number; chain: string }>;
  /** Takes a refused message out of the outbox. */
  discard(room: string, id: string): Promise<void>;
  markRead(room: string, seq: number): Promise<void>;
  setTyping(room: string, typing: boolean): Promise<void>;

  safetyNumber(account: string): Promise<string>;
  setVerified(account: string, verified: boolean): Promise<void>;
  roomCode(room: string): Promise<string>;
  /** A changed account key blocks sending to its rooms until acknowledged. */
  acknowledgeAlert(id: string): Promise<void>;

  /** What the device says of its network, where it says anything: a lost one is noticed, and a new one used, at once. */
  setNetwork(isThere: boolean): void;

  /** Calls `listener` with every new value from now on; returns a way to stop. */
  on<E extends keyof ClientEvents>(event: E, listener: (value: ClientEvents[E]) => void): () => void;
  /** Ends the connection and closes the storage; what is unsent stays in the outbox. */
  close(): Promise<void>;
}
