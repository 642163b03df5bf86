/**
 * The connection that calls go over. All calls of one turn of the event loop travel as one pipeline, so that Redis runs them in
 * one round of its own and one fsync serves them all. It serves only a Redis that was greeted: settings that keep what they
 * acknowledge, the function library, and the same store as before.
 */
import { b64, randomBytes } from '@sotto/protocol';
import type { Redis } from 'ioredis';
import { busEnd } from './bus.ts';
import { connection } from './connection.ts';
import { checkDurability } from './durability.ts';
import type { Keys } from './keys.ts';
import { isFunctionMissing, libraryCode, loadLibrary } from './library.ts';
import type { Settings } from './options.ts';
import { StoreFault } from './store-fault.ts';
import { unavailable, unavailableFrom } from './unavailable.ts';
import { within } from './within.ts';

export type Argument = string | number | Buffer;

interface Call {
  readonly name: string;
  readonly args: readonly Argument[];
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

export class Link {
  readonly #settings: Settings;
  readonly #keys: Keys;
  /** How far each shard's bus was ever read. */
  readonly #busPositions: () => number[];
  readonly #redis: Redis;
  readonly #code = libraryCode();
  #queue: Call[] = [];
  #generation: string | null = null;
  /** Why nothing is served at present; null where it is. */
  #away: string | null = 'the store is not connected yet';
  #replaced = false;
  #cause = 'nothing answered';
  /** Counts connections: what was asked on an older one decides nothing any more. */
  #session = 0;
  #reloading: Promise<void> | null = null;
  #opened: ((fault: StoreFault | null) => void) | null = null;

  constructor(settings: Settings, keys: Keys, busPositions: () => number[]) {
    this.#settings = settings;
    this.#keys = keys;
    this.#busPositions = busPositions;
    this.#redis = connection(settings.url, 'sotto', settings.answerWithinMs);
    // Each attempt that fails says why. Callers are not told: it names addresses, or that a password is wrong.
    this.#redis.on('error', (error: Error) => {
      this.#cause = error.message;
    });
    this.#redis.on('ready', () => void this.#greet(++this.#session));
    this.#redis.on('close', () => {
      this.#session++;
      this.#away ??= 'the store cannot be reached';
    });
  }

  /** Resolves with the store's generation once Redis was greeted. Throws `StoreFault`. */
  async open(): Promise<string> {
    const { openWithinMs } = this.#settings;
    const greeted = new Promise<StoreFault | null>((resolve) => {
      this.#opened = resolve;
    });
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<StoreFault>((resolve) => {
      const sentence = () => `Redis was not ready within ${openWithinMs / 1000} s (${this.#cause}).`;
      timer = setTimeout(() => resolve(new StoreFault(sentence())), openWithinMs);
    });
    // A failed first attempt is followed by others.
    this.#redis.connect().catch(() => undefined);
    const fault = await Promise.race([greeted, late]);
    clearTimeout(timer);
    this.#opened = null;
    if (fault === null) return this.#generation as string;
    await this.close();
    throw fault;
  }

  /** A function that may write. */
  fcall(name: string, keys: readonly string[], args: readonly Argument[]): Promise<unknown> {
    return this.call('FCALL', `sotto_v1_${name}`, keys.length, ...keys, ...args);
  }

  /** A function that only reads. */
  fcallRead(name: string, keys: readonly string[], args: readonly Argument[]): Promise<unknown> {
    return this.call('FCALL_RO', `sotto_v1_${name}`, keys.length, ...keys, ...args);
  }

  /** Strings come back as Buffers. Rejects with `unavailable`. */
  call(name: string, ...args: readonly Argument[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#queue.length === 0) setImmediate(() => this.#flush());
      this.#queue.push({ name, args, resolve, reject });
    });
  }

  /** Sends what is queued and waits for its answers, but no longer than for any answer. */
  async close(): Promise<void> {
    this.#flush();
    const served = this.#away === null;
    this.#away = 'the store is closed';
    this.#session++;
    if (served) await within(this.#settings.answerWithinMs, this.#redis.quit()).catch(() => undefined);
    this.#redis.disconnect();
  }

  #flush(): void {
    const calls = this.#queue;
    this.#queue = [];
    if (calls.length > 0) void this.#send(calls, true);
  }

  async #send(calls: readonly Call[], mayReload: boolean): Promise<void> {
    if (this.#away !== null) {
      const refusal = unavailable(this.#away);
      for (const { reject } of calls) reject(refusal);
      return;
    }
    const pipeline = this.#redis.pipeline();
    for (const { name, args } of calls) pipeline.callBuffer(name, ...args);
    const results = (await pipeline.exec()) ?? [];
    const again: Call[] = [];
    for (const [i, call] of calls.entries()) {
      const [error, value] = results[i] ?? [new Error('no result')];
      if (!error) call.resolve(value);
      else if (mayReload && isFunctionMissing(error)) again.push(call);
      else call.reject(unavailableFrom(error));
    }
    if (again.length > 0) await this.#sendAgain(again);
  }

  /** Somebody flushed the functions: nothing of these calls was run, so they may be sent once more. */
  async #sendAgain(calls: readonly Call[]): Promise<void> {
    this.#reloading ??= loadLibrary(this.#redis, this.#code).finally(() => {
      this.#reloading = null;
    });
    try {
      await this.#reloading;
    } catch (error) {
      for (const { reject } of calls) reject(unavailable((error as Error).message));
      return;
    }
    await this.#send(calls, false);
  }

  /** On every connection: it may lead to a Redis that was restarted with other settings, or restored. */
  async #greet(session: number): Promise<void> {
    const stale = () => session !== this.#session || this.#replaced;
    try {
      if (!this.#settings.unsafeAllowLosses) await checkDurability(this.#redis);
      await loadLibrary(this.#redis, this.#code);
      await this.#recognize();
      if (stale()) return;
      this.#away = null;
      this.#opened?.(null);
    } catch (error) {
      if (stale()) return;
      if (error instanceof StoreFault) {
        this.#away = error.message;
        this.#opened?.(error);
      }
      // Greeted again on the next connection: the fault may be mended meanwhile.
      this.#redis.disconnect(true);
    }
  }

  async #recognize(): Promise<void> {
    const key = this.#keys.store();
    const { shards } = this.#keys;
    // A store is born at start alone: a Redis that comes back empty has lost its data and is no new store.
    const born = this.#generation === null;
    const found = born
      ? await this.#redis.call('FCALL', 'sotto_v1_give_birth', 1, key, b64(randomBytes(16)), shards)
      : await this.#redis.hmget(key, 'generation', 'shards');
    const [generation, stored] = found as (string | null)[];
    if (!born && (generation !== this.#generation || (await this.#isOlder()))) return this.#replace();
    if (Number(stored) !== shards) {
      throw new StoreFault(`The store was born with ${stored} shards; this replica was told ${shards}.`);
    }
    this.#generation = generation as string;
  }

  /** A bus that ends before what was read of it, which was on the disk, is that of an older copy. */
  async #isOlder(): Promise<boolean> {
    if (this.#settings.unsafeAllowLosses) return false;
    const ends = this.#keys.all.map((shard) => busEnd(this.#redis, this.#keys.bus(shard)));
    const positions = this.#busPositions();
    return (await Promise.all(ends)).some((end, shard) => end < (positions[shard] ?? 0));
  }

  /** Chains, folds and positions in this process belong to another store: nothing may be answered from them. */
  #replace(): void {
    this.#replaced = true;
    this.#away = 'Redis now holds another or an older store than before; this replica must be restarted';
    this.#settings.onReplaced(this.#away);
  }
}
