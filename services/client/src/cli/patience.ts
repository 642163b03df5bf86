/** How long a command waits for the server before it gives up with a sentence. */
import { ERRORS } from '@sotto/protocol';
import type { ConnectionState, SottoClientApi } from '../views.ts';

export const PATIENCE_MS = 15_000;
/** While connected: a renewal of a large room's keys takes a while, and each call has a limit of its own. */
const ONLINE_MS = 90_000;

/** The server did not answer for too long, or never will. */
export class Unreachable extends Error {
  /** The same, naming the server: a wrong address is the likeliest reason. */
  at(url: string): Unreachable {
    return new Unreachable(this.message.replace(/^The server\b/, `The server ${url}`));
  }
}

type Client = Pick<SottoClientApi, 'connection' | 'on'>;

/** Why there is no connection; the table's own sentence for that would say it twice. */
export function lossOf(state: ConnectionState & { state: 'offline' }): string {
  if (state.retryAt === null) return `The server is not tried again: ${state.reason}`;
  const detail = state.reason.replace(ERRORS.no_connection.sentence, '').trim();
  return `The server cannot be reached${detail === '' ? '.' : `: ${detail.replace(/^\((.*)\)$/, '$1.')}`}`;
}

const sentenceOf = (state: ConnectionState): string => {
  if (state.state === 'offline') return lossOf(state);
  if (state.state === 'catching-up') return 'The server stopped in the middle of handing out messages.';
  return 'The server does not answer.';
};

/** Watches a connection; `lost` rejects with `Unreachable` when nothing has moved for `timeoutMs`. */
class Patience {
  readonly lost: Promise<never>;
  readonly #client: Client;
  readonly #timeoutMs: number;
  readonly #lose: (error: Unreachable) => void;
  readonly #stop: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #behind = Number.POSITIVE_INFINITY;
  #online: boolean;

  constructor(client: Client, timeoutMs: number) {
    this.#client = client;
    this.#timeoutMs = timeoutMs;
    const { promise, reject } = Promise.withResolvers<never>();
    promise.catch(() => {});
    this.lost = promise;
    this.#lose = reject;
    this.#online = client.connection().state === 'online';
    this.#stop = client.on('connection', (state) => this.#see(state));
    this.moved();
  }

  /** Something came forward: the clock begins anew. */
  moved(): void {
    clearTimeout(this.#timer);
    const ms = this.#online ? Math.max(ONLINE_MS, this.#timeoutMs) : this.#timeoutMs;
    this.#timer = setTimeout(() => this.#lose(new Unreachable(sentenceOf(this.#client.connection()))), ms);
  }

  #see(state: ConnectionState): void {
    const wasOnline = this.#online;
    this.#online = state.state === 'online';
    if (state.state === 'offline' && state.retryAt === null) this.#lose(new Unreachable(sentenceOf(state)));
    // Coming and going between the other states is no movement; fewer messages to fetch are.
    else if (this.#online || wasOnline) this.moved();
    else if (state.state === 'catching-up' && state.behind < this.#behind) {
      this.#behind = state.behind;
      this.moved();
    }
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#stop();
  }
}

/** `comes` resolves when every room is caught up, and rejects when the client tries no more; `end` stops the watching. */
function watchOnline(client: Client): { comes: Promise<void>; end: () => void } {
  const { promise: comes, resolve, reject } = Promise.withResolvers<void>();
  comes.catch(() => {});
  const look = (state: ConnectionState): void => {
    if (state.state === 'online') resolve();
    if (state.state === 'offline' && state.retryAt === null) reject(new Unreachable(sentenceOf(state)));
  };
  look(client.connection());
  return { comes, end: client.on('connection', look) };
}

/** Resolves when every room is caught up. Rejects with `Unreachable` when nothing has moved for `timeoutMs`. */
export function settled(client: Client, timeoutMs: number = PATIENCE_MS): Promise<void> {
  const { comes, end } = watchOnline(client);
  return within(client, timeoutMs, () => comes).finally(end);
}

/** Resolves when every room is caught up, however long that takes. Rejects when the client tries no more. */
export function online(client: Client): Promise<void> {
  const { comes, end } = watchOnline(client);
  return comes.finally(end);
}

/** Does `work`, which calls `moved` when it gets on; rejects with `Unreachable` when nothing has moved for `timeoutMs`. */
export async function within<T>(
  client: Client,
  timeoutMs: number,
  work: (moved: () => void) => Promise<T>,
): Promise<T> {
  const patience = new Patience(client, timeoutMs);
  try {
    return await Promise.race([work(() => patience.moved()), patience.lost]);
  } finally {
    patience.end();
  }
}
