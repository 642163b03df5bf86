/** What a Redis store is opened with; every key but the address has a default. */

export interface RedisStoreOptions {
  /** `redis://[user:password@]host:port` or `rediss://…`. */
  readonly url: string;
  /** First part of every key: several stores may share one Redis. */
  readonly namespace?: string;
  /** Shards that the rooms are spread over. Decided at the store's birth; another number is refused later. */
  readonly shards?: number;
  /** How long a Redis that cannot be reached yet, or still loads its data, is waited for at start. */
  readonly openWithinMs?: number;
  /** A command without an answer for so long has an unknown outcome, and its connection is given up. */
  readonly answerWithinMs?: number;
  /** About so many entries of a bus are kept: a replica that was away for longer compares heads. */
  readonly busEntries?: number;
  /** For tests and benchmarks alone: serves a Redis that may lose what it acknowledged. */
  readonly unsafeAllowLosses?: boolean;
  /** Told once when Redis comes back as another or an older store than before: this replica's memory is then worth nothing. */
  readonly onReplaced?: (sentence: string) => void;
}

export type Settings = Required<RedisStoreOptions>;

export const settingsOf = (options: RedisStoreOptions): Settings => ({
  namespace: 'sotto',
  shards: 1,
  openWithinMs: 15_000,
  answerWithinMs: 3000,
  busEntries: 32_768,
  unsafeAllowLosses: false,
  onReplaced: () => undefined,
  ...options,
});
