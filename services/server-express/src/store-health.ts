/**
 * Whether the store answers. While it does not, the replica is not ready and answers everything with `unavailable` at once,
 * instead of having each send and call wait for it; its sockets stay, and it looks again by itself.
 */

import type { Store } from '@sotto/log';
import { SottoError } from '@sotto/protocol';
import type { Log } from './log.ts';

const EVERY_MS = 1000;
const ANSWERS_WITHIN_MS = 2000;
/** Answers later than one look are a hiccup, not an outage. */
const LOOKS_BEFORE_DOWN = 2;
const RETRY_AFTER_MS = 1000;
/** Many clients come back at once; not at the same moment. */
const RETRY_SPREAD_MS = 1000;

export class StoreHealth {
  readonly #store: Pick<Store, 'ping'>;
  readonly #log: Log;
  readonly #back: () => void;
  #missed = 0;
  #why: string | null = null;
  #timer: NodeJS.Timeout | null = null;
  #stopped = false;

  /** `back` is called when the store answers again. */
  constructor(store: Pick<Store, 'ping'>, log: Log, back: () => void) {
    this.#store = store;
    this.#log = log;
    this.#back = back;
  }

  /** Looks every second from now on. A store in this process needs no watching: it is asked when somebody asks for readiness. */
  watch(): void {
    this.#timer = setTimeout(() => void this.#look(), EVERY_MS);
    this.#timer.unref();
  }

  stop(): void {
    this.#stopped = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  /** Why the replica is not ready; null where it is. */
  async notReady(): Promise<string | null> {
    // Anybody may ask for readiness, and each look costs the shared store a write: its watcher knows.
    return this.#timer === null ? this.#ask() : this.#why;
  }

  async #ask(): Promise<string | null> {
    const late = Promise.withResolvers<string>();
    const timer = setTimeout(() => late.resolve('the store does not answer'), ANSWERS_WITHIN_MS);
    const asked = this.#store.ping().then(
      () => null,
      () => 'the store cannot be reached',
    );
    const why = await Promise.race([asked, late.promise]);
    clearTimeout(timer);
    return why;
  }

  /** What to answer without asking the store; null while it answers. */
  refusal(): SottoError | null {
    if (this.#why === null) return null;
    return new SottoError(
      'unavailable',
      undefined,
      RETRY_AFTER_MS + Math.floor(Math.random() * RETRY_SPREAD_MS),
    );
  }

  async #look(): Promise<void> {
    const why = await this.#ask();
    if (this.#stopped) return;
    this.#missed = why === null ? 0 : this.#missed + 1;
    if (why === null && this.#why !== null) {
      this.#why = null;
      this.#log.info('the store answers again');
      this.#back();
    } else if (this.#missed >= LOOKS_BEFORE_DOWN && this.#why === null) {
      this.#why = why;
      this.#log.error({ why }, 'not ready: nothing is acknowledged until the store answers');
    }
    this.watch();
  }
}
