/** Opening the database file: the pragmas, the birth of a new store, and the refusal of a file that is not ours. */
import { chmodSync, existsSync, renameSync, rmSync } from 'node:fs';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { b64, randomBytes } from '@sotto/protocol';
import { APPLICATION_ID, SCHEMA, SCHEMA_VERSION } from './schema.ts';

export type Row = Record<string, SQLInputValue>;

/** A database whose statements are prepared once. */
export class Database {
  readonly #db: DatabaseSync;
  readonly #prepared = new Map<string, StatementSync>();

  constructor(path: string) {
    this.#db = new DatabaseSync(path);
  }

  #prepare(sql: string): StatementSync {
    let statement = this.#prepared.get(sql);
    if (statement === undefined) {
      statement = this.#db.prepare(sql);
      this.#prepared.set(sql, statement);
    }
    return statement;
  }

  exec(sql: string): void {
    this.#db.exec(sql);
  }

  run(sql: string, ...values: SQLInputValue[]): number {
    return Number(this.#prepare(sql).run(...values).changes);
  }

  get<T extends object = Row>(sql: string, ...values: SQLInputValue[]): T | undefined {
    return this.#prepare(sql).get(...values) as T | undefined;
  }

  all<T extends object = Row>(sql: string, ...values: SQLInputValue[]): T[] {
    return this.#prepare(sql).all(...values) as T[];
  }

  close(): void {
    this.#db.close();
  }
}

const damaged = (path: string, why: string) =>
  new Error(
    `The database ${path} cannot be used: ${why}. Nothing in it was changed; restore it from a backup.`,
  );

const only = (row: Row | undefined): unknown => Object.values(row ?? {})[0];

/**
 * Makes a whole database beside `path` and moves it there, so that a crash at birth leaves none rather than half of
 * one, and an emptied file is never taken for a new store.
 */
function giveBirth(path: string): void {
  const newborn = `${path}.new`;
  rmSync(newborn, { force: true });
  const db = new Database(newborn);
  db.exec('PRAGMA synchronous = FULL');
  db.exec('BEGIN IMMEDIATE');
  db.exec(SCHEMA);
  db.run('INSERT INTO store (generation) VALUES (?)', b64(randomBytes(16)));
  db.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
  db.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`);
  db.exec('COMMIT');
  db.close();
  // Ciphertext, but who talks to whom stands in it; the files that SQLite puts beside it take over its mode.
  chmodSync(newborn, 0o600);
  renameSync(newborn, path);
}

/** Reads and refuses before the first pragma that would write. */
function check(db: Database, path: string): void {
  const version = only(db.get('PRAGMA user_version'));
  if (only(db.get('PRAGMA application_id')) !== APPLICATION_ID)
    throw damaged(path, 'it is not a Sotto database');
  if (version !== SCHEMA_VERSION) {
    throw damaged(path, `its schema is version ${version}, this program knows ${SCHEMA_VERSION}`);
  }
  const fault = only(db.get('PRAGMA quick_check(1)'));
  if (fault !== 'ok') throw damaged(path, `it is damaged (${String(fault)})`);
}

/**
 * Opens the file, or makes it where there is none. Throws an Error whose message names the file: not ours,
 * damaged, of another schema, or held by another process. Such a file is left as it is.
 */
export function openDatabase(path: string): { db: Database; generation: string } {
  if (!existsSync(path)) giveBirth(path);
  let db: Database | null = null;
  try {
    db = new Database(path);
    // One process per data folder: two would give out the same sequence numbers.
    db.exec('PRAGMA locking_mode = EXCLUSIVE');
    check(db, path);
    // An ack must mean "on the disk": WAL with FULL syncs the log at every commit.
    db.exec('PRAGMA journal_mode = WAL');
    db.exec('PRAGMA synchronous = FULL');
    const store = db.get<{ generation: string }>('SELECT generation FROM store');
    if (store === undefined) throw damaged(path, 'it has no generation');
    return { db, generation: store.generation };
  } catch (error) {
    db?.close();
    const { message } = error as Error;
    if (message.startsWith('The database ')) throw error;
    if (/locked|busy/.test(message)) throw new Error(`The database ${path} is in use by another process.`);
    throw damaged(path, message);
  }
}
