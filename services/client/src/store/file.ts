/** The Storage port in one SQLite file of a private folder: for the command line, bots and tests. */
import type { DatabaseSync } from 'node:sqlite';
import { faultOf, filePathIn, openFileDatabase } from './file-database.ts';
import { decode, encode, type FileRow } from './file-row.ts';
import type { Change, Row, Storage, Table } from './port.ts';

interface Waiting {
  readonly rows: Promise<PromiseSettledResult<readonly FileRow[]>>;
  done(): void;
  failed(error: unknown): void;
}

const settled = async <T>(promise: Promise<T>) =>
  (await Promise.allSettled([promise]))[0] as PromiseSettledResult<T>;

/**
 * The store in this folder, made where there is none. Only one process may write to it (`lock.ts`).
 *
 * @example
 * const client = await SottoClient.open({ url, storage: await openFileStorage('/home/alice/.sotto') });
 */
export async function openFileStorage(dir: string): Promise<Storage> {
  return new FileStorage(openFileDatabase(dir), filePathIn(dir));
}

class FileStorage implements Storage {
  readonly exportsKeys = true;
  readonly #db: DatabaseSync;
  readonly #path: string;
  #waiting: Waiting[] = [];
  #flushing = false;
  /** Settles with the last write so far: what is read is never older than what was written before. */
  #written: Promise<unknown> = Promise.resolve();

  constructor(db: DatabaseSync, path: string) {
    this.#db = db;
    this.#path = path;
  }

  async get<T>(table: Table, key: string): Promise<T | undefined> {
    await this.#written;
    const sql = 'SELECT value FROM kept WHERE place = ? AND key = ?';
    const row = this.#try(() => this.#db.prepare(sql).get(table, key)) as { value: Uint8Array } | undefined;
    return row === undefined ? undefined : decode<T>(table, row.value);
  }

  async list<T>(table: Table, prefix = ''): Promise<Row<T>[]> {
    await this.#written;
    const found = this.#try(() => this.#from(table, prefix));
    // SQLite sorts by UTF-8, which puts the emoji behind the rest of the plane before them.
    found.sort((a, b) => (a.key < b.key ? -1 : 1));
    return Promise.all(found.map(async ({ key, value }) => ({ key, value: await decode<T>(table, value) })));
  }

  #from(table: Table, prefix: string): { key: string; value: Uint8Array }[] {
    const found = [];
    const sql = 'SELECT key, value FROM kept WHERE place = ? AND key >= ? ORDER BY key';
    for (const row of this.#db.prepare(sql).iterate(table, prefix)) {
      const { key, value } = row as { key: string; value: Uint8Array };
      if (!key.startsWith(prefix)) break;
      found.push({ key, value });
    }
    return found;
  }

  write(changes: readonly Change[]): Promise<void> {
    const written = new Promise<void>((done, failed) => {
      this.#waiting.push({ rows: settled(Promise.all(changes.map(encode))), done, failed });
    });
    this.#written = written.catch(() => {});
    if (!this.#flushing) void this.#flush();
    return written;
  }

  /** One commit, and so one sync of the disk, for all that was written in the same turn, in the order of the calls. */
  async #flush(): Promise<void> {
    this.#flushing = true;
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#waiting.length > 0) {
      const waiting = this.#waiting.splice(0);
      const encoded = await Promise.all(waiting.map(({ rows }) => rows));
      const fault = this.#commit(encoded.flatMap((one) => (one.status === 'fulfilled' ? one.value : [])));
      encoded.forEach((one, i) => {
        const { done, failed } = waiting[i] as Waiting;
        if (one.status === 'rejected') failed(one.reason);
        else if (fault !== null) failed(fault);
        else done();
      });
    }
    this.#flushing = false;
  }

  /** What went wrong, or null. */
  #commit(rows: readonly FileRow[]): unknown {
    try {
      this.#transaction(() => {
        const put = this.#db.prepare('INSERT OR REPLACE INTO kept VALUES (?, ?, ?)');
        const remove = this.#db.prepare('DELETE FROM kept WHERE place = ? AND key = ?');
        for (const { table, key, value } of rows) {
          if (value === null) remove.run(table, key);
          else put.run(table, key, value);
        }
      });
      return null;
    } catch (error) {
      return error;
    }
  }

  #transaction(work: () => void): void {
    this.#try(() => {
      this.#db.exec('BEGIN IMMEDIATE');
      try {
        work();
        this.#db.exec('COMMIT');
      } catch (error) {
        if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
        throw error;
      }
    });
  }

  #try<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw faultOf(this.#path, error);
    }
  }

  async clear(): Promise<void> {
    await this.#written;
    this.#transaction(() => this.#db.exec('DELETE FROM kept'));
    // The write-ahead log still holds what was deleted.
    this.#try(() => this.#db.exec('PRAGMA wal_checkpoint(TRUNCATE)'));
  }

  async close(): Promise<void> {
    await this.#written;
    if (this.#db.isOpen) this.#db.close();
  }
}
