/**
 * One writer for a home folder, across processes: two would use the same sender sequence for different messages. The lock
 * is SQLite's on a file of its own, so the kernel releases it when the process dies, however it dies.
 */
import { closeSync, existsSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { makePrivateFolder } from './file-database.ts';

const NAME = 'lock.db';
const POLL_MS = 100;

export interface Lock {
  /** Lets the next one in; again does nothing. */
  release(): void;
}

/** The lock of this folder, held until `release` or the end of the process; null where somebody else has it. */
export function tryLock(dir: string): Lock | null {
  makePrivateFolder(dir);
  const path = join(dir, NAME);
  // Never opened and closed once it is there: under POSIX that would drop the lock that this process may hold.
  if (!existsSync(path)) {
    try {
      closeSync(openSync(path, 'wx', 0o600));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
  const db = new DatabaseSync(path, { timeout: 0 });
  try {
    db.exec('BEGIN IMMEDIATE');
  } catch (error) {
    db.close();
    if (/locked|busy/.test((error as Error).message)) return null;
    throw new Error(`The lock ${path} cannot be taken: ${(error as Error).message}.`, { cause: error });
  }
  return {
    release: () => {
      if (db.isOpen) db.close();
    },
  };
}

/** The lock of this folder as soon as it is free. `onWait` is called once if it is not free at once. */
export async function waitForLock(dir: string, onWait: () => void): Promise<Lock> {
  let lock = tryLock(dir);
  if (lock === null) onWait();
  while (lock === null) {
    await sleep(POLL_MS * (0.5 + Math.random()));
    lock = tryLock(dir);
  }
  return lock;
}
