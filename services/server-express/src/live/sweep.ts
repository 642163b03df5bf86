/**
 * What a lost hint would leave undone for ever, looked for once in a while: rooms that somebody connected here was let into through
 * another replica, and devices that were revoked there. A hint costs nothing and comes at once; this bounds the harm without it.
 */

import type { Store } from '@sotto/log';
import { SottoError } from '@sotto/protocol';
import type { Session } from '../connection/session.ts';
import type { Sessions } from '../connection/sessions.ts';
import type { Log } from '../log.ts';
import type { LetIn } from './let-in.ts';

/** Everybody is looked at once in this time, and sooner after hints were missed. */
const ROUND_MS = 60_000;
const HURRIED_ROUND_MS = 5000;
const TICK_MS = 250;

interface SweepParts {
  readonly store: Pick<Store, 'device'>;
  readonly sessions: Sessions;
  readonly letIn: LetIn;
  readonly log: Log;
}

export class Sweep {
  readonly #parts: SweepParts;
  #round: Session[] = [];
  #perTick = 0;
  #nextRoundAt = 0;
  #busy = false;
  #timer: NodeJS.Timeout | null = null;

  constructor(parts: SweepParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#timer = setInterval(() => void this.#tick(), TICK_MS);
    this.#timer.unref();
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
  }

  /** Hints were missed: everybody is looked at soon. */
  hurry(): void {
    this.#begin(HURRIED_ROUND_MS);
  }

  #begin(roundMs: number): void {
    this.#round = [...this.#parts.sessions.all()].filter((session) => session.identity !== null);
    this.#perTick = Math.max(1, Math.ceil((this.#round.length * TICK_MS) / roundMs));
    this.#nextRoundAt = performance.now() + roundMs;
  }

  async #tick(): Promise<void> {
    if (this.#busy) return;
    if (this.#round.length === 0 && performance.now() >= this.#nextRoundAt) this.#begin(ROUND_MS);
    this.#busy = true;
    try {
      await Promise.all(this.#round.splice(0, this.#perTick).map((session) => this.#look(session)));
    } catch (error) {
      // Those come again in the next round.
      this.#parts.log.debug({ err: error }, 'the store could not be asked for what hints told');
    } finally {
      this.#busy = false;
    }
  }

  async #look({ identity }: Session): Promise<void> {
    if (identity === null) return;
    const { store, sessions, letIn } = this.#parts;
    const { account, device } = identity;
    const found = await store.device(account, device);
    if (found?.live === false) {
      for (const session of sessions.ofDevice(account, device))
        void session.end(new SottoError('device_revoked').toWire());
    } else await letIn.look(account);
  }
}
