/**
 * Signed receipts (design section 6): at most every `LIMITS.receiptIntervalMs` one signature for all rooms whose heads moved,
 * since one signature a room would not scale. Members gossip with them: a server that signed two stories is caught.
 */
import { b64, type Head, LIMITS, type Receipt, signReceipts, type WireReceipt } from '@sotto/protocol';
import type { Session } from '../connection/session.ts';
import type { Log } from '../log.ts';
import type { Follower } from './follower.ts';

const onWire = (r: Receipt): WireReceipt => ({
  room: b64(r.room),
  seq: r.seq,
  chain: b64(r.chain),
  at: r.at,
  index: r.index,
  size: r.size,
  path: r.path.map(b64),
  signature: b64(r.signature),
});

export class Receipts {
  readonly #key: CryptoKey;
  readonly #log: Log;
  readonly #moved = new Map<Follower, Head>();
  #timer: NodeJS.Timeout | null = null;
  #stopped = false;

  constructor(key: CryptoKey, log: Log) {
    this.#key = key;
    this.#log = log;
  }

  moved(follower: Follower, head: Head): void {
    if (this.#stopped) return;
    this.#moved.set(follower, head);
    this.#timer ??= setTimeout(() => void this.#sign(), LIMITS.receiptIntervalMs);
  }

  stop(): void {
    this.#stopped = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  async #sign(): Promise<void> {
    const moved = [...this.#moved].filter(([follower]) => follower.sessions.size > 0);
    this.#moved.clear();
    try {
      if (moved.length > 0) await this.#give(moved);
    } catch (error) {
      this.#log.error({ err: error }, 'receipts could not be signed');
    }
    this.#timer = null;
    if (this.#moved.size > 0 && !this.#stopped) {
      this.#timer = setTimeout(() => void this.#sign(), LIMITS.receiptIntervalMs);
    }
  }

  async #give(moved: readonly [Follower, Head][]): Promise<void> {
    const receipts = await signReceipts(
      moved.map(([, head]) => head),
      this.#key,
      Date.now(),
    );
    const bySession = new Map<Session, WireReceipt[]>();
    for (const [i, [follower]] of moved.entries()) {
      const receipt = onWire(receipts[i] as Receipt);
      for (const session of follower.sessions) {
        const mine = bySession.get(session);
        if (mine === undefined) bySession.set(session, [receipt]);
        else mine.push(receipt);
      }
    }
    for (const [session, list] of bySession) void session.notice({ notice: 'receipts', receipts: list });
  }
}
