/** Sealed frames of a session: opened in order, each a call, each answered once. */
import {
  ANONYMOUS_CALLS,
  type Call,
  type CallName,
  type Calls,
  checkCall,
  checkMessage,
  own,
  SottoError,
} from '@sotto/protocol';
import type { CallParts, Handler } from '../calls/context.ts';
import { CALLS } from '../calls/table.ts';
import { wireErrorOf } from '../failure.ts';
import type { Log } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import type { Session } from './session.ts';

export interface DispatchParts extends CallParts {
  readonly metrics: Metrics;
  readonly log: Log;
}

/** Calls of one session that are answered at the same time; the others wait, so that one peer cannot take all. */
const AT_ONCE = 8;

export class Dispatch {
  readonly #parts: DispatchParts;
  readonly #session: Session;
  #opening: Promise<unknown> = Promise.resolve();
  readonly #waiting: (() => Promise<void>)[] = [];
  #running = 0;

  constructor(parts: DispatchParts, session: Session) {
    this.#parts = parts;
    this.#session = session;
  }

  /** `refusal`: why the call is not looked at; it is opened all the same, since frames are counted and its id is needed. */
  take(frame: Uint8Array, refusal: SottoError | null): void {
    const opened = this.#session.open(own(frame));
    opened.catch(() => undefined);
    this.#opening = this.#opening.then(async () => {
      let value: unknown;
      try {
        value = await opened;
      } catch (error) {
        await this.#session.end((error as SottoError).toWire());
        return;
      }
      this.#call(value, refusal);
    });
  }

  /** Resolves when every frame taken so far was opened and, where it was refused, answered. */
  async opened(): Promise<void> {
    await this.#opening;
  }

  #call(value: unknown, refusal: SottoError | null): void {
    const fault = checkMessage('call', value);
    const id = (value as { id?: unknown } | null)?.id;
    if (fault !== null && !(Number.isSafeInteger(id) && (id as number) > 0)) {
      // Without a number there is nothing to answer to.
      void this.#session.end(new SottoError('bad_request', fault).toWire());
      return;
    }
    const refused = refusal ?? (fault === null ? null : new SottoError('bad_request', fault));
    if (refused !== null) {
      void this.#refuse(id as number, 'none', refused);
      return;
    }
    const call = value as Call;
    this.#waiting.push(() => this.#answer(call));
    this.#runWaiting();
  }

  #runWaiting(): void {
    while (this.#running < AT_ONCE) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      this.#running++;
      void next().finally(() => {
        this.#running--;
        this.#runWaiting();
      });
    }
  }

  async #answer<N extends CallName>({ id, call, args }: Call<N>): Promise<void> {
    // Nobody is left to hear the answer.
    if (!this.#session.connected) return;
    try {
      if (this.#session.identity === null && !ANONYMOUS_CALLS.has(call))
        throw new SottoError('auth_required');
      const fault = checkCall(call, args);
      if (fault !== null) throw new SottoError('bad_request', fault);
      const handler = CALLS[call] as Handler<N>;
      const asked = { args: args as Calls[N]['ask'], session: this.#session, id };
      const ok = await handler(this.#parts, asked);
      this.#parts.metrics.calls.inc({ call, outcome: 'ok' });
      await this.#session.reply({ id, ok });
    } catch (error) {
      await this.#refuse(id, call, error);
    }
  }

  async #refuse(id: number, call: CallName | 'none', thrown: unknown): Promise<void> {
    const error = wireErrorOf(thrown, this.#parts.log, call);
    this.#parts.metrics.calls.inc({ call, outcome: error.code });
    await this.#session.reply({ id, error });
  }
}
