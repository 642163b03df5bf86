/**
 * All writes of one turn of the event loop in one transaction: one fsync serves them all. A promise resolves
 * after COMMIT alone. Each write checks everything before it changes anything, so what one of them refuses leaves the
 * others be; a disk that fails undoes the whole turn and answers `unavailable` to all of it.
 */
import { SottoError } from '@sotto/protocol';
import type { Database } from './database.ts';

interface Write {
  readonly run: () => unknown;
  readonly resolve: (value: never) => void;
  readonly reject: (error: Error) => void;
}

const RETRY_AFTER_MS = 1000;

export class TurnWriter {
  readonly #db: Database;
  #queue: Write[] = [];
  #closed = false;

  constructor(db: Database) {
    this.#db = db;
  }

  /** Runs `run` in this turn's transaction and resolves with its result once that is on the disk. */
  write<T>(run: () => T): Promise<T> {
    if (this.#closed)
      return Promise.reject(new SottoError('unavailable', 'the store is closed', RETRY_AFTER_MS));
    return new Promise((resolve, reject) => {
      if (this.#queue.length === 0) setImmediate(() => this.#flush());
      this.#queue.push({ run, resolve, reject });
    });
  }

  #flush(): void {
    const writes = this.#queue;
    this.#queue = [];
    const results: unknown[] = [];
    try {
      this.#db.exec('BEGIN IMMEDIATE');
      for (const write of writes) results.push(write.run());
      this.#db.exec('COMMIT');
    } catch (error) {
      this.#rollBack();
      const refusal = new SottoError('unavailable', (error as Error).message, RETRY_AFTER_MS);
      for (const write of writes) write.reject(refusal);
      return;
    }
    writes.forEach((write, i) => {
      write.resolve(results[i] as never);
    });
  }

  #rollBack(): void {
    try {
      this.#db.exec('ROLLBACK');
    } catch {
      // SQLite rolls back by itself on a full disk; there is then nothing to undo.
    }
  }

  /** Writes what is queued, then refuses. */
  close(): void {
    if (this.#queue.length > 0) this.#flush();
    this.#closed = true;
  }
}
