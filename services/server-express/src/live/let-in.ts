/**
 * Rooms that an account was let into by an append at another replica. There the fan-out knows (`FanOut.expect`); here nobody
 * follows the room yet, so its entries wake nobody. The store is asked; the session enters as at its handshake.
 */

import type { Store } from '@sotto/log';
import { type Bytes, hex } from '@sotto/protocol';
import type { Session } from '../connection/session.ts';
import type { Sessions } from '../connection/sessions.ts';
import type { Summaries } from '../rooms/summaries.ts';
import type { FanOut } from './fan-out.ts';
import type { Followers } from './followers.ts';

interface LetInParts {
  readonly store: Store;
  readonly sessions: Sessions;
  readonly followers: Followers;
  readonly summaries: Summaries;
  readonly fanOut: FanOut;
}

export class LetIn {
  readonly #parts: LetInParts;

  constructor(parts: LetInParts) {
    this.#parts = parts;
  }

  /** Lets the account's sessions into every room that it is a member of and they do not follow. */
  async look(account: Bytes): Promise<void> {
    const { store, sessions } = this.#parts;
    if (sessions.ofAccount(account).size === 0) return;
    for (const { room, role } of await store.memberships(account)) {
      if (role !== null && this.#outside(account, room).length > 0) await this.#follow(account, room);
    }
  }

  #outside(account: Bytes, room: Bytes): Session[] {
    const { sessions, followers } = this.#parts;
    const inside = followers.find(room)?.sessions;
    return [...sessions.ofAccount(account)].filter((session) => inside?.has(session) !== true);
  }

  async #follow(account: Bytes, room: Bytes): Promise<void> {
    const { store, followers } = this.#parts;
    const follower = await followers.hold(room);
    try {
      const key = hex(room);
      const outside = this.#outside(account, room).map((session) => ({
        session,
        left: session.left.get(key),
      }));
      // Asked once the room is followed: a removal that comes later is seen by the fan-out, which marks the session.
      const membership = await store.membership(room, account);
      if (membership === null || membership.role === null) return;
      const summary = await this.#parts.summaries.of(membership);
      for (const { session, left } of outside) {
        if (follower.sessions.has(session) || session.left.get(key) !== left) continue;
        session.left.delete(key);
        void session.notice({ notice: 'room', room: summary });
        followers.enter(session, follower);
        await this.#parts.fanOut.catchUp(session, follower, summary.head + 1);
      }
    } finally {
      followers.release(follower);
    }
  }
}
