/** One room with members connected here: who they are, and how far its log has been handed to them. */
import { type Bytes, hex, type Notice } from '@sotto/protocol';
import type { Session } from '../connection/session.ts';

export class Follower {
  readonly room: Bytes;
  /** Name of the Socket.IO room over which entries are broadcast. */
  readonly key: string;
  /** Sequence of the last entry handed out; the next is read from the log after it. */
  emitted: number;
  /** Sessions of present members. */
  readonly sessions = new Set<Session>();
  /** Handshakes that are about to enter: the room is followed for them already. */
  holds = 0;
  /** Woken since the log was last read. */
  dirty = false;
  running = false;

  constructor(room: Bytes, emitted: number) {
    this.room = room;
    this.key = followerKey(room);
    this.emitted = emitted;
  }

  /** Nobody needs it, and nothing is under way that might let somebody in. */
  get idle(): boolean {
    return this.sessions.size === 0 && this.holds === 0 && !this.dirty && !this.running;
  }

  hasAccount(account: string): boolean {
    for (const session of this.sessions) if (session.account === account) return true;
    return false;
  }

  tell(notice: Notice, except?: Session): void {
    for (const session of this.sessions) if (session !== except) void session.notice(notice);
  }
}

export const followerKey = (room: Bytes): string => `room:${hex(room)}`;
