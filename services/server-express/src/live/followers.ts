/**
 * The rooms that this replica follows because members of them are connected here: who enters and leaves, and what of that the
 * others are told (presence; ephemeral, it may be lost).
 */

import type { Store } from '@sotto/log';
import { type Bytes, b64, hex } from '@sotto/protocol';
import type { Session } from '../connection/session.ts';
import type { Metrics } from '../metrics.ts';
import type { Neighbours } from '../neighbours/neighbours.ts';
import { Follower, followerKey } from './follower.ts';

export class Followers {
  readonly #store: Store;
  readonly #metrics: Metrics;
  readonly #neighbours: Neighbours;
  readonly #rooms = new Map<string, Follower>();
  readonly #starting = new Map<string, Promise<Follower>>();
  readonly #ofSession = new Map<Session, Set<Follower>>();

  constructor(store: Store, metrics: Metrics, neighbours: Neighbours) {
    this.#store = store;
    this.#metrics = metrics;
    this.#neighbours = neighbours;
  }

  find(room: Bytes): Follower | undefined {
    return this.#rooms.get(followerKey(room));
  }

  all(): Follower[] {
    return [...this.#rooms.values()];
  }

  ofSession(session: Session): ReadonlySet<Follower> {
    return this.#ofSession.get(session) ?? new Set();
  }

  /**
   * Follows a room from its head (or from after `from`), which is known before anybody is let in (design section 7). To be
   * given back by `release`.
   */
  async hold(room: Bytes, from?: number): Promise<Follower> {
    const key = followerKey(room);
    const starting = this.#rooms.get(key) ?? this.#starting.get(key) ?? this.#start(room, key, from);
    const follower = await starting;
    // It may have been let go of while this waited.
    if (this.#rooms.get(key) !== follower) return this.hold(room, from);
    follower.holds++;
    return follower;
  }

  release(follower: Follower): void {
    follower.holds--;
    this.forgetIfIdle(follower);
  }

  enter(session: Session, follower: Follower): void {
    if (follower.sessions.has(session) || !session.connected) return;
    const first = !follower.hasAccount(session.account);
    session.listen(follower.key, true);
    follower.sessions.add(session);
    const mine = this.#ofSession.get(session) ?? new Set();
    this.#ofSession.set(session, mine.add(follower));
    if (first) this.#presence(follower, session, true);
  }

  leave(session: Session, follower: Follower): void {
    session.left.set(hex(follower.room), follower.emitted);
    if (!follower.sessions.delete(session)) return;
    session.listen(follower.key, false);
    this.#ofSession.get(session)?.delete(follower);
    if (!follower.hasAccount(session.account)) this.#presence(follower, session, false);
    this.forgetIfIdle(follower);
  }

  /** The session has ended. */
  gone(session: Session): void {
    for (const follower of [...this.ofSession(session)]) this.leave(session, follower);
    this.#ofSession.delete(session);
  }

  /** To be called whenever something ended for which the room was followed. */
  forgetIfIdle(follower: Follower): void {
    if (!follower.idle || this.#rooms.get(follower.key) !== follower) return;
    this.#rooms.delete(follower.key);
    this.#metrics.roomsFollowed.set(this.#rooms.size);
  }

  /** The store lost entries that were handed out: whoever comes from now on is served from what it has. */
  forgetAll(): void {
    this.#rooms.clear();
    this.#metrics.roomsFollowed.set(0);
  }

  async #start(room: Bytes, key: string, from: number | undefined): Promise<Follower> {
    const starting = (async () => {
      const head = from ?? (await this.#store.heads([room]))[0] ?? 0;
      const follower = new Follower(room, head);
      this.#rooms.set(key, follower);
      this.#metrics.roomsFollowed.set(this.#rooms.size);
      return follower;
    })();
    this.#starting.set(key, starting);
    try {
      return await starting;
    } finally {
      this.#starting.delete(key);
    }
  }

  #presence(follower: Follower, session: Session, online: boolean): void {
    if (session.identity === null) return;
    const account = b64(session.identity.account);
    const room = b64(follower.room);
    follower.tell({ notice: 'presence', room, account, online }, session);
    this.#neighbours.tell({ hint: 'presence', account, online, rooms: [room] });
  }
}
