/** The file that a program keeps a client in: its birth, and the refusal of a file that is not ours. */
import { closeSync, existsSync, fsyncSync, linkSync, mkdirSync, openSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

const NAME = 'client.db';
/** "SOTC": tells a client's file from a server's and from other people's databases. */
const APPLICATION_ID = 0x534f5443;
const SCHEMA_VERSION = 1;
const SCHEMA = `
  CREATE TABLE kept (place TEXT NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL, PRIMARY KEY (place, key)) STRICT;
  PRAGMA application_id = ${APPLICATION_ID};
  PRAGMA user_version = ${SCHEMA_VERSION};
`;
/** How long another process may hold the file: the moment of a commit, or of a checkpoint when it closes. */
const BUSY_MS = 5_000;

export const filePathIn = (dir: string): string => join(dir, NAME);

/** True where a client was kept in this folder before. */
export const isHome = (dir: string): boolean => existsSync(filePathIn(dir));

/** A folder for its owner alone. One that is there already keeps its mode: it may be anything; the files in it are private. */
export function makePrivateFolder(dir: string): void {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
}

const cannotUse = (path: string, why: string): Error =>
  new Error(`The file ${path} cannot be used: ${why}. Nothing in it was changed.`);

/** A sentence for what SQLite says later on, when the file is in use. */
export const faultOf = (path: string, error: unknown): Error => {
  const { message } = error as Error;
  if (/malformed|not a database/.test(message))
    return new Error(`The file ${path} is damaged (${message}).`, { cause: error });
  if (/full|readonly|I\/O/.test(message))
    return new Error(`The file ${path} cannot be written (${message}).`, { cause: error });
  return error as Error;
};

/**
 * Makes a whole file beside `path` and puts it there, so that a crash at birth leaves none rather than half of one, an
 * emptied file is never taken for a new one, and of two processes at once the later takes the earlier one's.
 */
function giveBirth(path: string): void {
  const newborn = `${path}.${process.pid}.new`;
  rmSync(newborn, { force: true });
  // SQLite would make it readable for all; what it puts beside it later takes the mode from it.
  closeSync(openSync(newborn, 'wx', 0o600));
  const db = new DatabaseSync(newborn);
  try {
    db.exec(`PRAGMA synchronous = FULL; BEGIN IMMEDIATE; ${SCHEMA} COMMIT`);
  } finally {
    db.close();
  }
  try {
    linkSync(newborn, path);
    rmSync(newborn);
  } catch {
    if (existsSync(path)) rmSync(newborn);
    // A file system without links.
    else renameSync(newborn, path);
  }
  syncFolder(dirname(path));
}

/** Without it a power cut could take back the file's name, and all that was kept under it. */
function syncFolder(dir: string): void {
  try {
    const fd = openSync(dir, 'r');
    try {
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  } catch {
    // Windows syncs no folders.
  }
}

const pragma = (db: DatabaseSync, name: string): unknown =>
  Object.values(db.prepare(`PRAGMA ${name}`).get() ?? {})[0];

/** Reads and refuses before the first pragma that would write. */
function check(db: DatabaseSync, path: string): void {
  if (pragma(db, 'application_id') !== APPLICATION_ID)
    throw cannotUse(path, 'it does not hold a Sotto client');
  const version = pragma(db, 'user_version');
  if (version !== SCHEMA_VERSION)
    throw cannotUse(path, `it is of version ${version}, this program knows ${SCHEMA_VERSION}`);
  db.prepare('SELECT 1 FROM kept LIMIT 1').get();
}

/** Opens the file in `dir`, or makes it where there is none. Throws an Error whose message names the file. */
export function openFileDatabase(dir: string): DatabaseSync {
  makePrivateFolder(dir);
  const path = filePathIn(dir);
  if (!existsSync(path)) giveBirth(path);
  let db: DatabaseSync | null = null;
  try {
    db = new DatabaseSync(path, { timeout: BUSY_MS });
    check(db, path);
    // FULL syncs the log at every commit: what is kept outlives a power cut. A key that was removed is overwritten.
    db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON');
    return db;
  } catch (error) {
    db?.close();
    const { message } = error as Error;
    throw message.startsWith('The file ') ? error : cannotUse(path, message);
  }
}
