/**
 * This replica's own two connections to Redis, beside the store's: one that publishes hints and counts limits, one that hears
 * the other replicas. Nothing that must not be lost goes over them.
 */
import { Redis } from 'ioredis';
import type { Log } from '../log.ts';
import { StartFault } from '../start-fault.ts';

const ANSWERS_WITHIN_MS = 2000;
const START_WITHIN_MS = 10_000;
const LONGEST_DELAY_MS = 1000;
/** How often the listening connection is asked whether it still is one: a half-open line says nothing by itself. */
const LISTENING_EVERY_MS = 5000;

const retryStrategy = (times: number): number => Math.min(50 * times, LONGEST_DELAY_MS);

export interface RedisLinkEvents {
  /** The listening connection was lost and is back: hints may have been missed. */
  missed(): void;
  /** Another process answers under the address: what was kept in memory of its data may be older or newer than it has. */
  restarted(): void;
}

export class RedisLink {
  readonly publisher: Redis;
  readonly subscriber: Redis;
  readonly #log: Log;
  #runId: string | null = null;
  #watch: NodeJS.Timeout | null = null;
  #events: RedisLinkEvents | null = null;

  private constructor(url: string, log: Log) {
    this.#log = log;
    const common = { retryStrategy, connectTimeout: ANSWERS_WITHIN_MS, keepAlive: 10_000, lazyConnect: true };
    this.publisher = new Redis(url, {
      ...common,
      connectionName: 'sotto-hints',
      commandTimeout: ANSWERS_WITHIN_MS,
      // While Redis is away a hint is dropped at once: kept, it would be told long after it was true.
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
    });
    // Subscribing waits for as long as it takes; there is nothing else to do on this connection.
    this.subscriber = new Redis(url, {
      ...common,
      connectionName: 'sotto-hears',
      maxRetriesPerRequest: null,
    });
    for (const connection of [this.publisher, this.subscriber]) this.#logOutages(connection);
  }

  /** Connects both. Rejects with `StartFault` where that does not succeed. */
  static async open(url: string, log: Log): Promise<RedisLink> {
    const link = new RedisLink(url, log);
    try {
      await Promise.all([ready(link.publisher), ready(link.subscriber)]);
      link.#runId = await runIdOf(link.publisher);
    } catch (error) {
      link.close();
      const { host } = new URL(url);
      throw new StartFault(`The Redis at ${host} cannot be used: ${(error as Error).message}`);
    }
    link.publisher.on('ready', () => void link.#compareRunId());
    link.#watch = setInterval(() => void link.#askListener(), LISTENING_EVERY_MS);
    link.#watch.unref();
    return link;
  }

  /** Whom to tell of what happens to the connections. */
  on(events: RedisLinkEvents): void {
    this.#events = events;
    this.subscriber.on('ready', () => events.missed());
  }

  close(): void {
    if (this.#watch !== null) clearInterval(this.#watch);
    this.publisher.disconnect();
    this.subscriber.disconnect();
  }

  async #compareRunId(): Promise<void> {
    try {
      const now = await runIdOf(this.publisher);
      if (now === this.#runId) return;
      this.#runId = now;
      this.#events?.restarted();
    } catch {
      // Lost again already: the next connection asks.
    }
  }

  async #askListener(): Promise<void> {
    if (this.subscriber.status !== 'ready') return;
    const late = new Promise<never>((_resolve, reject) => {
      setTimeout(() => reject(new Error('no answer')), ANSWERS_WITHIN_MS).unref();
    });
    await Promise.race([this.subscriber.ping(), late]).catch(() => this.subscriber.disconnect(true));
  }

  /** One line when it goes and one when it is back, however often connecting fails in between. */
  #logOutages(connection: Redis): void {
    let away = false;
    connection.on('error', (error: Error) => {
      if (!away) this.#log.warn({ why: error.message }, 'Redis is away');
      away = true;
    });
    connection.on('ready', () => {
      if (away) this.#log.info('Redis is back');
      away = false;
    });
  }
}

/** Also waits while Redis loads its data. */
async function ready(connection: Redis): Promise<void> {
  let last = 'no answer';
  const noted = (error: Error) => {
    last = error.message;
  };
  connection.on('error', noted);
  const patience = Promise.withResolvers<never>();
  const timer = setTimeout(() => patience.reject(new Error(last)), START_WITHIN_MS);
  const up = new Promise<void>((resolve) => connection.once('ready', resolve));
  try {
    connection.connect().catch(() => undefined);
    await Promise.race([up, patience.promise]);
  } finally {
    clearTimeout(timer);
    connection.off('error', noted);
  }
}

async function runIdOf(connection: Redis): Promise<string> {
  return /run_id:(\w+)/.exec(await connection.info('server'))?.[1] ?? '';
}
