/** Wraps: staged beside a commit that is on its way, and kept for the epochs that were made. */
import type { Bytes, Wrap } from '@sotto/protocol';
import type { Database } from './database.ts';

const STAGED_FOR_MS = 3_600_000;

interface WrapRow {
  device: Bytes;
  key_id: Bytes;
  wrap: Bytes;
}

const toWrap = (row: WrapRow): Wrap => ({ device: row.device, keyId: row.key_id, wrap: row.wrap });

const STAGED = 'room = ? AND commit_id = ? AND committer = ?';

/** Also drops what was staged for commits that were never made. */
export function stageWraps(
  db: Database,
  room: Bytes,
  commit: Bytes,
  committer: Bytes,
  wraps: readonly Wrap[],
  now: number,
): void {
  db.run('DELETE FROM staged_wraps WHERE staged_at < ?', now - STAGED_FOR_MS);
  const sql = 'INSERT OR REPLACE INTO staged_wraps VALUES (?, ?, ?, ?, ?, ?, ?)';
  for (const w of wraps) db.run(sql, room, commit, committer, w.device, w.keyId, w.wrap, now);
}

export function stagedWraps(db: Database, room: Bytes, commit: Bytes, committer: Bytes): Wrap[] {
  const sql = `SELECT device, key_id, wrap FROM staged_wraps WHERE ${STAGED} ORDER BY device`;
  return db.all<WrapRow>(sql, room, commit, committer).map(toWrap);
}

export function stagedCount(db: Database, room: Bytes, commit: Bytes, committer: Bytes): number {
  const sql = `SELECT count(*) AS n FROM staged_wraps WHERE ${STAGED}`;
  return db.get<{ n: number }>(sql, room, commit, committer)?.n ?? 0;
}

/** Makes a commit's staged wraps those of its epoch. */
export function promoteWraps(
  db: Database,
  room: Bytes,
  commit: Bytes,
  committer: Bytes,
  epoch: number,
): void {
  const copy = `INSERT INTO wraps SELECT room, ?, device, key_id, wrap FROM staged_wraps WHERE ${STAGED}`;
  db.run(copy, epoch, room, commit, committer);
  db.run(`DELETE FROM staged_wraps WHERE ${STAGED}`, room, commit, committer);
}

export function wrapsOf(db: Database, room: Bytes, epoch: number): Wrap[] {
  const sql = 'SELECT device, key_id, wrap FROM wraps WHERE room = ? AND epoch = ? ORDER BY device';
  return db.all<WrapRow>(sql, room, epoch).map(toWrap);
}
