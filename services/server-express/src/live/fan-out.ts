/**
 * Fan-out (design section 7): the store wakes, the log is read. For each followed room the replica reads from its own
 * position and hands out what it finds as one array per room and turn of the event loop; a lost wake-up costs latency only.
 */

import type { LogEntry, Store } from '@sotto/log';
import { type Bytes, encodeEntries, hex, LIMITS, SottoError } from '@sotto/protocol';
import type { Server } from 'socket.io';
import type { Session } from '../connection/session.ts';
import type { Sessions } from '../connection/sessions.ts';
import type { Log } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import type { RoomChains } from '../rooms/room-chains.ts';
import type { Summaries } from '../rooms/summaries.ts';
import type { Follower } from './follower.ts';
import type { Followers } from './followers.ts';
import type { Receipts } from './receipts.ts';
import { segments } from './segments.ts';

/** How often heads are compared: after a lost wake-up or a failed read nobody else may wake the room. */
const COMPARE_MS = 3000;

export interface FanOutParts {
  readonly io: Server;
  readonly store: Store;
  readonly chains: RoomChains;
  readonly summaries: Summaries;
  readonly sessions: Sessions;
  readonly followers: Followers;
  readonly receipts: Receipts;
  readonly metrics: Metrics;
  readonly log: Log;
  /** The store has fewer entries of a room than were handed out here: it lost some, whatever it promised. */
  readonly rolledBack: () => void;
}

export class FanOut {
  readonly #parts: FanOutParts;
  readonly #woken = new Set<Follower>();
  /** Acks on their way, by room: they leave before the entries do. */
  readonly #acks = new Map<string, Set<Promise<unknown>>>();
  #flushing: NodeJS.Immediate | null = null;
  #comparing: NodeJS.Timeout | null = null;
  #unsubscribe: (() => void) | null = null;

  constructor(parts: FanOutParts) {
    this.#parts = parts;
  }

  start(): void {
    const appended = (room: Bytes) => {
      const follower = this.#parts.followers.find(room);
      if (follower !== undefined) this.#wake(follower);
    };
    this.#unsubscribe = this.#parts.store.subscribe(appended, () => void this.compareHeads());
    this.#comparing = setInterval(() => void this.compareHeads(), COMPARE_MS);
    this.#comparing.unref();
  }

  stop(): void {
    this.#unsubscribe?.();
    if (this.#comparing !== null) clearInterval(this.#comparing);
    if (this.#flushing !== null) clearImmediate(this.#flushing);
  }

  /** The room's entries wait for `leaves`, the ack of an append that is under way. */
  holdFor(room: Bytes, leaves: Promise<unknown>): void {
    const key = hex(room);
    const waiting = this.#acks.get(key) ?? new Set();
    this.#acks.set(key, waiting.add(leaves));
    const done = () => {
      waiting.delete(leaves);
      if (waiting.size === 0 && this.#acks.get(key) === waiting) this.#acks.delete(key);
    };
    leaves.then(done, done);
  }

  /** An entry at `seq` let `account` in: where it is connected here, the room is followed from that entry on. */
  async expect(room: Bytes, account: Bytes, seq: number): Promise<void> {
    const { sessions, followers } = this.#parts;
    if (sessions.ofAccount(account).size === 0) return;
    const follower = await followers.hold(room, seq - 1);
    this.#wake(follower);
    followers.release(follower);
  }

  /** Hands one session what it missed between its summary and entering the room: `from` to the follower's position. */
  async catchUp(session: Session, follower: Follower, from: number): Promise<void> {
    const { store } = this.#parts;
    const count = follower.emitted - from + 1;
    if (count < 1) return;
    const entries = await store.read(follower.room, from, count, LIMITS.readBytes);
    session.entries({ request: 0, room: follower.room, from, entries });
  }

  #wake(follower: Follower): void {
    follower.dirty = true;
    this.#woken.add(follower);
    this.#flushing ??= setImmediate(() => {
      this.#flushing = null;
      const woken = [...this.#woken];
      this.#woken.clear();
      for (const one of woken) void this.#run(one);
    });
  }

  /** Wakes what lies behind; to be called, too, when the store is back after it could not be reached. */
  async compareHeads(): Promise<void> {
    const followers = this.#parts.followers.all();
    // Before the heads are asked for: a room may move on while they are on their way.
    const emitted = followers.map((follower) => follower.emitted);
    try {
      const heads = await this.#parts.store.heads(followers.map((follower) => follower.room));
      if (emitted.some((seq, i) => (heads[i] ?? 0) < seq)) return this.#parts.rolledBack();
      for (const [i, follower] of followers.entries())
        if ((heads[i] ?? 0) > follower.emitted) this.#wake(follower);
    } catch (error) {
      this.#parts.log.debug({ err: error }, 'heads could not be compared');
    }
  }

  async #run(follower: Follower): Promise<void> {
    if (follower.running) {
      follower.dirty = true;
      return;
    }
    follower.running = true;
    try {
      do {
        follower.dirty = false;
        while (await this.#handOut(follower));
      } while (follower.dirty);
    } catch (error) {
      // A conflict was told when it was found; an outage is the health's to tell, and heads are compared after it.
      const told = error instanceof SottoError && ['chain_conflict', 'unavailable'].includes(error.code);
      if (!told) this.#parts.log.error({ err: error }, 'a room could not be read for fan-out');
    } finally {
      follower.running = false;
      this.#parts.followers.forgetIfIdle(follower);
    }
  }

  /** One read's worth; false where nothing was new. */
  async #handOut(follower: Follower): Promise<boolean> {
    const { store, chains, receipts } = this.#parts;
    const { room } = follower;
    const from = follower.emitted;
    const entries = await store.read(room, from + 1, LIMITS.readEntries, LIMITS.readBytes);
    const last = entries.at(-1);
    if (last === undefined) return false;
    await Promise.allSettled([...(this.#acks.get(hex(room)) ?? [])]);
    // Before anything is handed out: a room whose chain is in conflict is not served.
    const hash = await chains.at(room, last.seq, { from, digests: entries.map((e) => e.digest) });
    for (const segment of segments(entries)) {
      if (segment.enters !== null) await this.#enter(segment.enters, follower);
      this.#emit(follower, segment.entries);
      if (segment.changes !== null) await this.#tellRoom(segment.changes, follower);
      if (segment.leaves !== null) await this.#leave(segment.leaves, follower);
    }
    receipts.moved(follower, { room, seq: last.seq, chain: hash });
    return true;
  }

  #emit(follower: Follower, entries: readonly LogEntry[]): void {
    const [first, last] = [entries[0], entries.at(-1)];
    if (first === undefined || last === undefined) return;
    const blob = encodeEntries({ request: 0, room: follower.room, from: first.seq, entries });
    // `local`: every replica reads the log itself.
    this.#parts.io.local.to(follower.key).emit('entries', blob);
    follower.emitted = last.seq;
    this.#parts.metrics.fanOutEntries.inc(entries.length * follower.sessions.size);
  }

  /** Tells every session of the account how it stands in the room now. */
  async #tellRoom(account: Bytes, follower: Follower): Promise<void> {
    const { store, summaries, sessions } = this.#parts;
    const mine = sessions.ofAccount(account);
    if (mine.size === 0) return;
    const membership = await store.membership(follower.room, account);
    if (membership === null) return;
    const room = await summaries.of(membership);
    await Promise.all([...mine].map((session) => session.notice({ notice: 'room', room })));
  }

  async #enter(account: Bytes, follower: Follower): Promise<void> {
    await this.#tellRoom(account, follower);
    for (const session of this.#parts.sessions.ofAccount(account)) {
      session.left.delete(hex(follower.room));
      this.#parts.followers.enter(session, follower);
    }
  }

  async #leave(account: Bytes, follower: Follower): Promise<void> {
    for (const session of this.#parts.sessions.ofAccount(account))
      this.#parts.followers.leave(session, follower);
    await this.#tellRoom(account, follower);
  }
}
