/**
 * Hints through `@socket.io/redis-adapter`, as its `serverSideEmit`: frames to clients are sealed for each session, so what
 * crosses is the hint, and each replica seals notices of its own. The README shows the bytes, for replicas in other languages.
 */
import { createAdapter } from '@socket.io/redis-adapter';
import type { Server } from 'socket.io';
import type { Log } from '../log.ts';
import { adapterClients } from '../redis/adapter-clients.ts';
import type { RedisLink } from '../redis/link.ts';
import { type Hint, isHint } from './hint.ts';
import type { Hearing, Neighbours } from './neighbours.ts';

/** Prefix of the channels, so that another Socket.IO program may use the same Redis. */
const CHANNELS = 'sotto';
/** A replica that hangs must not keep people from seeing who else is there. */
const ANSWERS_WITHIN_MS = 1000;

export class RedisNeighbours implements Neighbours {
  readonly #io: Server;
  readonly #asking = new Map<string, Promise<string[]>>();
  #queue: Hint[] = [];

  /** To be made before the first connection. */
  constructor(io: Server, { publisher, subscriber }: Pick<RedisLink, 'publisher' | 'subscriber'>) {
    this.#io = io;
    const options = { key: CHANNELS, requestsTimeout: ANSWERS_WITHIN_MS };
    io.adapter(createAdapter(...adapterClients(publisher, subscriber), options));
  }

  tell(hint: Hint): void {
    if (this.#queue.length === 0) setImmediate(() => this.#flush());
    const last = this.#queue.at(-1);
    // Somebody who comes or goes does so in many rooms.
    if (hint.hint === 'presence' && last?.hint === 'presence') {
      if (last.account === hint.account && last.online === hint.online) {
        this.#queue[this.#queue.length - 1] = { ...last, rooms: [...last.rooms, ...hint.rooms] };
        return;
      }
    }
    this.#queue.push(hint);
  }

  online(room: string): Promise<string[]> {
    const asking = this.#asking.get(room) ?? this.#ask(room).finally(() => this.#asking.delete(room));
    this.#asking.set(room, asking);
    return asking;
  }

  listen(hearing: Hearing, log: Log): void {
    this.#io.on('hints', (hints: unknown) => {
      for (const hint of Array.isArray(hints) ? hints.filter(isHint) : []) {
        hearing.hear(hint).catch((error) => log.warn({ err: error }, 'a hint could not be followed'));
      }
    });
    this.#io.on('online', (room: unknown, answer: unknown) => {
      if (typeof room === 'string' && typeof answer === 'function') answer(hearing.online(room));
    });
  }

  #flush(): void {
    const hints = this.#queue;
    this.#queue = [];
    this.#io.serverSideEmit('hints', hints);
  }

  async #ask(room: string): Promise<string[]> {
    const answered = new Promise<unknown[]>((resolve) => {
      // Counting the replicas fails without a word while Redis is away.
      setTimeout(() => resolve([]), 2 * ANSWERS_WITHIN_MS).unref();
      this.#io.serverSideEmit('online', room, (_late: unknown, answers: unknown[]) => resolve(answers));
    });
    return (await answered).flat().filter((account) => typeof account === 'string');
  }
}
