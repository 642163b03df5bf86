/**
 * The graceful stop (design section 8): readiness has failed already; clients are told when to come back, each at another
 * moment; sends under way get their answers; connections end in batches, so that the neighbours are not stormed.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { LIMITS } from '@sotto/protocol';
import type { Server } from 'socket.io';
import { closeTransport } from './connection/session.ts';
import type { Sessions } from './connection/sessions.ts';

export interface DrainParts {
  readonly io: Server;
  readonly sessions: Sessions;
  /** Sends that have no answer yet. */
  readonly underWay: ReadonlySet<Promise<unknown>>;
}

/** A store that hangs must not keep the process from ending within 10 s. */
const ANSWERS_WITHIN_MS = 3000;
/** Nor must a peer that does not read. */
const LAST_WORDS_WITHIN_MS = 2000;
/**
 * Coming back costs a neighbour about a millisecond, so a crowd is spread over `LIMITS.drainSpreadMs` and a handful comes
 * at once: nobody's messages wait for a stampede that cannot happen.
 */
const SPREAD_EACH_MS = 10;
const BATCHES = 20;
const SMALLEST_BATCH = 50;
const BETWEEN_BATCHES_MS = 100;

export async function drain({ io, sessions, underWay }: DrainParts): Promise<void> {
  const spreadMs = Math.min(LIMITS.drainSpreadMs, sessions.all().size * SPREAD_EACH_MS);
  const told = [...sessions.all()].map((session) => {
    const retryAfterMs = Math.floor(Math.random() * spreadMs);
    return session.notice({ notice: 'draining', retryAfterMs });
  });
  await within(ANSWERS_WITHIN_MS, [...told, ...underWay]);
  const sockets = [...io.sockets.sockets.values()];
  const closed = sockets.map((socket) => new Promise((resolve) => socket.once('disconnect', resolve)));
  const size = Math.max(SMALLEST_BATCH, Math.ceil(sockets.length / BATCHES));
  for (let i = 0; i < sockets.length; i += size) {
    if (i > 0) await sleep(BETWEEN_BATCHES_MS);
    for (const socket of sockets.slice(i, i + size)) closeTransport(socket);
  }
  // Closing the server throws away what is not written yet, so the last words are waited for.
  await within(LAST_WORDS_WITHIN_MS, closed);
}

/** When all have settled, or after `ms`. */
async function within(ms: number, all: readonly Promise<unknown>[]): Promise<void> {
  const patience = new AbortController();
  const { signal } = patience;
  await Promise.race([Promise.allSettled(all), sleep(ms, undefined, { signal }).catch(() => undefined)]);
  patience.abort();
}
