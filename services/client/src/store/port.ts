/**
 * The Storage port: all that a client keeps on its device. Adapters: IndexedDB in browsers, one SQLite file for programs,
 * memory for tests. They pass one conformance suite (`../../testing/storage-conformance.ts`) that knows only this file.
 *
 * What every adapter guarantees:
 * - `write` is atomic and durable: all of its changes or none, and they outlive a crash once it has resolved.
 * - What is handed out is the caller's own: changing it changes nothing that is kept.
 */

/** A fixed list, so that IndexedDB can make its stores in one upgrade. */
export const TABLES = [
  /** One row each for the account, the server and what else there is one of. */
  'meta',
  /** Private keys as `CryptoKey`s. In IndexedDB they cannot be taken out again. */
  'keys',
  /** Verified key chains and handles, by account. */
  'people',
  /** What is verified of a room, by room. */
  'rooms',
  /** By `room/device`. */
  'writers',
  /** Epochs and their sealed secrets, by `room/epoch`. */
  'epochs',
  /** Pages of the timeline, by `room/first sequence`. */
  'entries',
  /** Messages that the log does not show yet, by `room/place`. */
  'outbox',
  'alerts',
] as const;

export type Table = (typeof TABLES)[number];

/** Values are plain data (structured clone: objects, arrays, maps, strings, numbers, byte arrays); in `keys` they are `CryptoKey`s. */
export interface Change {
  readonly table: Table;
  readonly key: string;
  /** undefined removes the row. */
  readonly value: unknown;
}

export interface Row<T = unknown> {
  readonly key: string;
  readonly value: T;
}

export interface Storage {
  /** True where private keys can only be kept as bytes, so they must be made extractable. */
  readonly exportsKeys: boolean;
  get<T>(table: Table, key: string): Promise<T | undefined>;
  /** Rows whose key begins with `prefix`, in ascending order of their keys (by UTF-16 code units). */
  list<T>(table: Table, prefix?: string): Promise<Row<T>[]>;
  write(changes: readonly Change[]): Promise<void>;
  /** Forgets everything. */
  clear(): Promise<void>;
  close(): Promise<void>;
}

const DIGITS = 16;

/** A sequence as a key that sorts by number. */
export const sortable = (seq: number): string => String(seq).padStart(DIGITS, '0');
