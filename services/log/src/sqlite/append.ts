/** The atomic part of admission: the judgement in the port's order, then the writes. Runs inside a transaction. */
import { type Bytes, type ErrorCode, equal, isZero, KIND, LIMITS, zeros } from '@sotto/protocol';
import type { AppendRequest, AppendResult, Effect } from '../store.ts';
import type { Database } from './database.ts';
import { promoteWraps, stagedCount } from './wraps.ts';

interface RoomRow {
  head: number;
  epoch: number;
  commit_hash: Bytes;
  commit_at: number;
  messages: number;
  membership_hash: Bytes;
  epoch_due: number;
}

const refuse = (code: ErrorCode, detail?: string): AppendResult & { ok: false } =>
  detail === undefined ? { ok: false, code } : { ok: false, code, detail };

type Refusal = ReturnType<typeof refuse>;

function digestsAfter(db: Database, room: Bytes, position: number, seq: number): Bytes[] {
  const sql = 'SELECT digest FROM entries WHERE room = ? AND seq > ? AND seq <= ? ORDER BY seq';
  return db.all<{ digest: Bytes }>(sql, room, position, seq).map((row) => row.digest);
}

function isMember(db: Database, room: Bytes, account: Bytes): boolean {
  const sql = 'SELECT 1 AS yes FROM members WHERE room = ? AND account = ? AND role IS NOT NULL';
  return db.get(sql, room, account) !== undefined;
}

function judgeSender(db: Database, r: AppendRequest): Refusal | null {
  const creates = r.effect.type === 'membership' && r.effect.creates;
  if (!creates && !isMember(db, r.room, r.account)) {
    const joinsBy = r.effect.type === 'membership' ? r.effect.joinsBy : null;
    if (joinsBy === null) return refuse('not_member');
    const sql = 'SELECT expires_at FROM invites WHERE invite = ? AND room = ?';
    const invite = db.get<{ expires_at: number }>(sql, joinsBy, r.room);
    if (invite === undefined || invite.expires_at < r.now) return refuse('invite_invalid');
  }
  const device = 'SELECT live FROM devices WHERE account = ? AND device = ?';
  const row = db.get<{ live: number }>(device, r.account, r.device);
  if (row === undefined) return refuse('unknown_device');
  return row.live === 1 ? null : refuse('device_revoked');
}

function judgeEpoch(r: AppendRequest, room: RoomRow | undefined): Refusal | null {
  if (r.kind === KIND.commit) return null;
  if (r.epoch !== (room?.epoch ?? 0) || !equal(r.commit, (room?.commit_hash ?? zeros(32)).subarray(0, 16))) {
    return refuse('epoch_stale', `the epoch in force is ${room?.epoch ?? 0}`);
  }
  if (r.kind !== KIND.message || room === undefined) return null;
  if (room.epoch_due === 1) return refuse('epoch_stale', 'a new epoch is due');
  if (room.messages >= LIMITS.epochMessages) return refuse('epoch_stale', 'the epoch has had its messages');
  // An unused epoch does not grow old: a quiet room need not renew its keys before its first message.
  if (room.messages > 0 && r.now - room.commit_at > LIMITS.epochAgeMs)
    return refuse('epoch_stale', 'the epoch is old');
  return null;
}

function judgeCommit(
  db: Database,
  r: AppendRequest,
  room: RoomRow,
  effect: Extract<Effect, { type: 'commit' }>,
): Refusal | null {
  const { body, chains } = effect;
  if (body.epoch !== room.epoch + 1 || !equal(body.previous, room.commit_hash)) return refuse('commit_stale');
  if (!equal(body.membership, room.membership_hash)) return refuse('membership_stale');
  for (const { account, seq } of chains) {
    const row = db.get<{ chain_seq: number }>('SELECT chain_seq FROM accounts WHERE account = ?', account);
    if (row?.chain_seq !== seq) return refuse('keys_stale');
  }
  return stagedCount(db, r.room, r.id, r.device) === body.count ? null : refuse('wraps_missing');
}

function judgeEffect(db: Database, r: AppendRequest, room: RoomRow | undefined): Refusal | null {
  const { effect } = r;
  if (effect.type === 'commit')
    return room === undefined ? refuse('unknown_room') : judgeCommit(db, r, room, effect);
  if (effect.type === 'membership') {
    return equal(effect.prev, room?.membership_hash ?? zeros(32)) ? null : refuse('membership_stale');
  }
  if (effect.type === 'history' && !isMember(db, r.room, effect.to))
    return refuse('not_member', 'the receiver');
  return null;
}

function judgeSequence(db: Database, r: AppendRequest): Refusal | null {
  const sql = 'SELECT seq, digest FROM writers WHERE room = ? AND device = ?';
  const last = db.get<{ seq: number; digest: Bytes }>(sql, r.room, r.device);
  if (r.deviceSeq !== (last?.seq ?? 0) + 1)
    return refuse('sequence_gap', `the next is ${(last?.seq ?? 0) + 1}`);
  const follows = last === undefined ? isZero(r.previous) : equal(r.previous, last.digest);
  return follows ? null : refuse('sequence_gap', 'the previous envelope is another one');
}

/** Judges and, where nothing is against it, writes. */
export function append(db: Database, r: AppendRequest): AppendResult {
  const same = db.get<{ seq: number; at: number; digest: Bytes }>(
    'SELECT seq, at, digest FROM entries WHERE room = ? AND id = ?',
    r.room,
    r.id,
  );
  if (same !== undefined) {
    if (!equal(same.digest, r.digest)) return refuse('id_reused');
    const digests = digestsAfter(db, r.room, r.position, same.seq);
    return { ok: true, seq: same.seq, at: same.at, duplicate: true, digests };
  }
  const creates = r.effect.type === 'membership' && r.effect.creates;
  const room = db.get<RoomRow & object>('SELECT * FROM rooms WHERE room = ?', r.room);
  if (room === undefined && !creates) return refuse('unknown_room');
  if (room !== undefined && creates) return refuse('bad_envelope', 'the room exists');
  const refusal =
    judgeSender(db, r) ?? judgeEpoch(r, room) ?? judgeEffect(db, r, room) ?? judgeSequence(db, r);
  if (refusal !== null) return refusal;
  if (!r.signatureValid) return refuse('bad_signature');
  const seq = (room?.head ?? 0) + 1;
  write(db, r, seq);
  return { ok: true, seq, at: r.now, duplicate: false, digests: digestsAfter(db, r.room, r.position, seq) };
}

function write(db: Database, r: AppendRequest, seq: number): void {
  if (seq === 1) {
    db.run('INSERT INTO rooms VALUES (?, 0, 0, ?, 0, 0, 0, ?, 0)', r.room, zeros(32), zeros(32));
  }
  const entry = 'INSERT INTO entries (room, seq, id, kind, at, digest, bytes) VALUES (?, ?, ?, ?, ?, ?, ?)';
  db.run(entry, r.room, seq, r.id, r.kind, r.now, r.digest, r.bytes);
  const isMessage = r.kind === KIND.message ? 1 : 0;
  db.run('UPDATE rooms SET head = ?, messages = messages + ? WHERE room = ?', seq, isMessage, r.room);
  db.run('INSERT OR REPLACE INTO writers VALUES (?, ?, ?, ?)', r.room, r.device, r.deviceSeq, r.digest);
  if (r.effect.type === 'commit') writeCommit(db, r, seq, r.effect.body.epoch);
  if (r.effect.type === 'membership') writeMembership(db, r, seq, r.effect);
  if (r.effect.type === 'history') {
    const sql = 'UPDATE members SET since = min(since, ?) WHERE room = ? AND account = ?';
    db.run(sql, r.effect.since, r.room, r.effect.to);
  }
}

function writeCommit(db: Database, r: AppendRequest, seq: number, epoch: number): void {
  const sql =
    'UPDATE rooms SET epoch = ?, commit_hash = ?, commit_at = ?, commit_seq = ?, messages = 0, epoch_due = 0 WHERE room = ?';
  db.run(sql, epoch, r.digest, r.now, seq, r.room);
  promoteWraps(db, r.room, r.id, r.device, epoch);
}

function writeMembership(
  db: Database,
  r: AppendRequest,
  seq: number,
  effect: Extract<Effect, { type: 'membership' }>,
): void {
  const due = effect.epochDue ? 1 : 0;
  const room = 'UPDATE rooms SET membership_hash = ?, epoch_due = max(epoch_due, ?) WHERE room = ?';
  db.run(room, r.digest, due, r.room);
  for (const { account, role } of effect.members) {
    if (role === null) {
      const leave =
        'UPDATE members SET role = NULL, until = ? WHERE room = ? AND account = ? AND role IS NOT NULL';
      db.run(leave, seq, r.room, account);
    } else {
      // Somebody who comes back begins anew: what was said meanwhile stays closed.
      db.run(
        `INSERT INTO members (room, account, role, since, until) VALUES (?, ?, ?, ?, NULL)
         ON CONFLICT DO UPDATE SET since = iif(role IS NULL, excluded.since, since), role = excluded.role, until = NULL`,
        r.room,
        account,
        role,
        seq,
      );
    }
  }
  for (const { invite, expiresAt } of effect.invites) {
    if (expiresAt === null) db.run('DELETE FROM invites WHERE invite = ? AND room = ?', invite, r.room);
    else db.run('INSERT OR IGNORE INTO invites VALUES (?, ?, ?)', invite, r.room, expiresAt);
  }
}
