/** How a connection to Redis is made and given up. Each choice decides between an error soon and a hang. */
import { Redis } from 'ioredis';

const RETRY_FROM_MS = 50;
const RETRY_TO_MS = 1000;

/** Doubles, with jitter: replicas that lost one Redis must not come back in step. */
const retryDelay = (times: number): number =>
  Math.min(RETRY_FROM_MS * 2 ** Math.min(times, 10), RETRY_TO_MS) * (0.5 + Math.random() / 2);

/** `answerWithinMs`: a connection that owes an answer and brings no byte for so long is closed and made anew. */
export function connection(url: string, name: string, answerWithinMs: number): Redis {
  return new Redis(url, {
    connectionName: name,
    lazyConnect: true,
    // The one time limit on answers: a timer per connection. ioredis's commandTimeout would be a timer per command, and it would
    // leave the connection open, to be written to without bound while Redis stands still.
    socketTimeout: answerWithinMs,
    connectTimeout: answerWithinMs,
    // Nothing waits for a connection: a caller hears `unavailable` at once, and nothing piles up in memory.
    enableOfflineQueue: false,
    // What was in flight when a connection broke is rejected at once and never sent again behind the caller's back: not every
    // call is idempotent, and the caller must learn that the outcome is unknown.
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    retryStrategy: retryDelay,
    // "ready" only once Redis has loaded its data; asked again twice a second, however long Redis thinks it will take.
    enableReadyCheck: true,
    maxLoadingRetryTime: 500,
    // Finds peers that vanished without a word where the connection is idle.
    keepAlive: 10_000,
    noDelay: true,
    // Answers in one form on every server; RESP3 would bring nothing here.
    protocol: 2,
    // Not known to Redis 7.0.
    disableClientInfo: true,
  });
}
