/**
 * The bus of one shard: a stream with dense ids that names (room, sequence) of every append, read by one blocking XREAD on a
 * connection of its own. It wakes readers and carries nothing: what is lost costs latency, and a gap is told.
 */
import { type Bytes, own } from '@sotto/protocol';
import type { Redis } from 'ioredis';
import { connection } from './connection.ts';

/** Redis answers at least so often: silence beyond it means that the connection is dead. */
const BLOCK_MS = 1000;
const BATCH = 1024;
const PAUSE_MS = 200;

/** Id of the newest entry that was ever added, trimmed or not; 0 for a bus that was never written. */
export async function busEnd(redis: Redis, key: string): Promise<number> {
  try {
    const info = (await redis.callBuffer('XINFO', 'STREAM', key)) as Buffer[];
    const at = info.findIndex((field) => String(field) === 'last-generated-id');
    return numberOf(info[at + 1] as Buffer);
  } catch (error) {
    if (/no such key/.test((error as Error).message)) return 0;
    throw error;
  }
}

export interface BusEvents {
  appended(room: Bytes, head: number): void;
  /** Ids were skipped: which rooms have grown is not known. */
  gap(): void;
}

type Entries = [id: Buffer, fields: Buffer[]][];

const numberOf = (id: Buffer): number => Number(id.toString('latin1').slice(2));

export class BusReader {
  readonly #redis: Redis;
  readonly #key: string;
  readonly #events: BusEvents;
  /** Id of the last entry seen; null until it was asked for. */
  #position: number | null = null;
  #highest = 0;
  #closed = false;
  #session = 0;

  constructor(place: { url: string; key: string; answerWithinMs: number }, events: BusEvents) {
    this.#key = place.key;
    this.#events = events;
    this.#redis = connection(place.url, 'sotto-bus', BLOCK_MS + place.answerWithinMs);
    this.#redis.on('error', () => undefined);
    this.#redis.on('ready', () => void this.#run(++this.#session));
  }

  /** Highest id that was ever read; the position itself may have had to go back. */
  get highest(): number {
    return this.#highest;
  }

  /** Resolves once the position is taken from which on everything is heard of. */
  async open(): Promise<void> {
    this.#redis.connect().catch(() => undefined);
    while (this.#position === null && !this.#closed) await pause(5);
  }

  close(): void {
    this.#closed = true;
    this.#redis.disconnect();
  }

  async #run(session: number): Promise<void> {
    while (!this.#closed && session === this.#session && this.#redis.status === 'ready') {
      try {
        await this.#takePosition();
        for (;;) await this.#readOnce();
      } catch {
        // The connection broke, and the next one runs anew; or Redis answered with an error, and it is tried again here.
        await pause(PAUSE_MS);
      }
    }
  }

  /** On each connection: a bus that ends before the position would otherwise be silent until it passes it. */
  async #takePosition(): Promise<void> {
    const end = await busEnd(this.#redis, this.#key);
    if (this.#position === null) this.#move(end);
    if ((this.#position as number) <= end) return;
    this.#move(end);
    this.#events.gap();
  }

  #move(position: number): void {
    this.#position = position;
    this.#highest = Math.max(this.#highest, position);
  }

  async #readOnce(): Promise<void> {
    const from = this.#position as number;
    const args = ['COUNT', BATCH, 'BLOCK', BLOCK_MS, 'STREAMS', this.#key, `0-${from}`];
    const answer = (await this.#redis.callBuffer('XREAD', ...args)) as [Buffer, Entries][] | null;
    for (const [id, fields] of answer?.[0]?.[1] ?? []) {
      const n = numberOf(id);
      if (n !== (this.#position as number) + 1) this.#events.gap();
      this.#move(n);
      const [, room, , seq] = fields;
      if (room !== undefined && seq !== undefined) this.#events.appended(own(room), Number(seq));
    }
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
