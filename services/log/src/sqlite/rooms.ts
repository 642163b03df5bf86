/** Reading rooms: entries, heads, checkpoints, members, invites. */
import type { Bytes, Role } from '@sotto/protocol';
import type { LogEntry, Membership, RoomState } from '../store.ts';
import type { Database } from './database.ts';

/** Stops at the entry that would pass `maxBytes`, but never before the first, so that a reader always moves on. */
export function readEntries(
  db: Database,
  room: Bytes,
  from: number,
  limit: number,
  maxBytes: number,
): LogEntry[] {
  const out: LogEntry[] = [];
  let bytes = 0;
  const sizes =
    'SELECT seq, length(bytes) AS size FROM entries WHERE room = ? AND seq >= ? ORDER BY seq LIMIT ?';
  const rows = db.all<{ seq: number; size: number }>(sizes, room, from, limit);
  for (const { size } of rows) {
    bytes += size;
    if (out.length > 0 && bytes > maxBytes) break;
    const one = 'SELECT seq, at, bytes, digest FROM entries WHERE room = ? AND seq = ?';
    out.push(db.get<LogEntry>(one, room, from + out.length) as LogEntry);
  }
  return out;
}

export function digestsOf(db: Database, room: Bytes, from: number, to: number): Bytes[] {
  const sql = 'SELECT digest FROM entries WHERE room = ? AND seq BETWEEN ? AND ? ORDER BY seq';
  return db.all<{ digest: Bytes }>(sql, room, from, to).map((row) => row.digest);
}

export function statementsAfter(db: Database, room: Bytes, after: number): LogEntry[] {
  const sql =
    'SELECT seq, at, bytes, digest FROM entries WHERE room = ? AND seq > ? AND kind IN (2, 3) ORDER BY seq';
  return db.all<LogEntry>(sql, room, after);
}

export function roomState(db: Database, room: Bytes): RoomState | null {
  const row = db.get<{
    head: number;
    epoch: number;
    commit_hash: Bytes;
    commit_at: number;
    commit_seq: number;
    membership_hash: Bytes;
    epoch_due: number;
  }>('SELECT * FROM rooms WHERE room = ?', room);
  if (row === undefined) return null;
  return {
    head: row.head,
    epoch: row.epoch,
    commitHash: row.commit_hash,
    commitAt: row.commit_at,
    commitSeq: row.commit_seq,
    membershipHash: row.membership_hash,
    epochDue: row.epoch_due === 1,
  };
}

export const headOf = (db: Database, room: Bytes): number =>
  db.get<{ head: number }>('SELECT head FROM rooms WHERE room = ?', room)?.head ?? 0;

export function setCheckpoint(db: Database, room: Bytes, seq: number, chain: Bytes): Bytes {
  db.run('INSERT OR IGNORE INTO checkpoints VALUES (?, ?, ?)', room, seq, chain);
  const sql = 'SELECT chain FROM checkpoints WHERE room = ? AND seq = ?';
  return (db.get<{ chain: Bytes }>(sql, room, seq) as { chain: Bytes }).chain;
}

export function checkpointBelow(
  db: Database,
  room: Bytes,
  seq: number,
): { seq: number; chain: Bytes } | null {
  const sql = 'SELECT seq, chain FROM checkpoints WHERE room = ? AND seq <= ? ORDER BY seq DESC LIMIT 1';
  const row = db.get<{ seq: number; chain: Bytes }>(sql, room, seq);
  return row === undefined ? null : { seq: row.seq, chain: row.chain };
}

const MEMBERSHIP = 'SELECT room, role, since, until, cursor FROM members';

export const membershipOf = (db: Database, room: Bytes, account: Bytes): Membership | null =>
  db.get<Membership>(`${MEMBERSHIP} WHERE room = ? AND account = ?`, room, account) ?? null;

export const membershipsOf = (db: Database, account: Bytes): Membership[] =>
  db.all<Membership>(`${MEMBERSHIP} WHERE account = ?`, account);

export const membersOf = (db: Database, room: Bytes): { account: Bytes; role: Role }[] =>
  db.all<{ account: Bytes; role: Role }>(
    'SELECT account, role FROM members WHERE room = ? AND role IS NOT NULL',
    room,
  );

export function inviteRoom(db: Database, invite: Bytes, now: number): Bytes | null {
  const sql = 'SELECT room FROM invites WHERE invite = ? AND expires_at >= ?';
  return db.get<{ room: Bytes }>(sql, invite, now)?.room ?? null;
}

export function setCursor(db: Database, room: Bytes, account: Bytes, seq: number): void {
  db.run('UPDATE members SET cursor = max(cursor, ?) WHERE room = ? AND account = ?', seq, room, account);
}
