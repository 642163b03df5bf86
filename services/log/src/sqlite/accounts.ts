/** Accounts: handles, key chains, devices, backups. */
import type { BackupMethod, Bytes, SignedStatement } from '@sotto/protocol';
import type {
  BackupItem,
  NewAccount,
  Result,
  StatementEffect,
  StoredAccount,
  StoredBackup,
} from '../store.ts';
import type { Database } from './database.ts';

function applyEffect(db: Database, account: Bytes, effect: StatementEffect): void {
  if (effect.type === 'device.add') {
    db.run('INSERT INTO devices VALUES (?, ?, ?, 1)', account, effect.device, effect.spki);
  }
  if (effect.type === 'device.revoke') {
    db.run('UPDATE devices SET live = 0 WHERE account = ? AND device = ?', account, effect.device);
  }
}

function writeStatement(db: Database, account: Bytes, seq: number, statement: SignedStatement): void {
  db.run('INSERT INTO statements VALUES (?, ?, ?, ?)', account, seq, statement.bytes, statement.signature);
}

export function createAccount(db: Database, a: NewAccount): Result {
  if (db.get('SELECT 1 AS yes FROM accounts WHERE account = ?', a.account) !== undefined) {
    return { ok: false, code: 'chain_stale', detail: 'the account exists' };
  }
  if (accountByHandle(db, a.handleIndex) !== null) return { ok: false, code: 'handle_taken' };
  const { method, authHash, wrapped } = a.backup;
  db.run(
    'INSERT INTO accounts VALUES (?, ?, ?, ?, ?, ?, ?)',
    a.account,
    a.handleIndex,
    a.sealedHandle,
    a.statements.length,
    JSON.stringify(method),
    authHash,
    wrapped,
  );
  a.statements.forEach((statement, i) => {
    writeStatement(db, a.account, i + 1, statement);
  });
  for (const effect of a.effects) applyEffect(db, a.account, effect);
  putBackupItems(db, a.account, a.items);
  return { ok: true };
}

export function extendChain(
  db: Database,
  account: Bytes,
  seq: number,
  statement: SignedStatement,
  effect: StatementEffect,
): Result {
  const row = db.get<{ chain_seq: number }>('SELECT chain_seq FROM accounts WHERE account = ?', account);
  if (row === undefined) return { ok: false, code: 'unknown_account' };
  if (row.chain_seq + 1 !== seq)
    return { ok: false, code: 'chain_stale', detail: `the next is ${row.chain_seq + 1}` };
  db.run('UPDATE accounts SET chain_seq = ? WHERE account = ?', seq, account);
  writeStatement(db, account, seq, statement);
  applyEffect(db, account, effect);
  return { ok: true };
}

export function chainOf(db: Database, account: Bytes, from: number, limit: number): SignedStatement[] {
  const sql = 'SELECT bytes, signature FROM statements WHERE account = ? AND seq >= ? ORDER BY seq LIMIT ?';
  return db.all<{ bytes: Bytes; signature: Bytes }>(sql, account, from, limit);
}

export function storedAccount(db: Database, account: Bytes): StoredAccount | null {
  const sql = 'SELECT sealed_handle, chain_seq FROM accounts WHERE account = ?';
  const row = db.get<{ sealed_handle: Bytes; chain_seq: number }>(sql, account);
  return row === undefined ? null : { account, sealedHandle: row.sealed_handle, chainSeq: row.chain_seq };
}

export const accountByHandle = (db: Database, handleIndex: Bytes): Bytes | null =>
  db.get<{ account: Bytes }>('SELECT account FROM accounts WHERE handle_index = ?', handleIndex)?.account ??
  null;

export function deviceOf(db: Database, account: Bytes, device: Bytes): { spki: Bytes; live: boolean } | null {
  const sql = 'SELECT spki, live FROM devices WHERE account = ? AND device = ?';
  const row = db.get<{ spki: Bytes; live: number }>(sql, account, device);
  return row === undefined ? null : { spki: row.spki, live: row.live === 1 };
}

export function backupOf(db: Database, account: Bytes): StoredBackup | null {
  const sql = 'SELECT backup_method, backup_auth, backup_wrapped FROM accounts WHERE account = ?';
  const row = db.get<{ backup_method: string; backup_auth: string; backup_wrapped: Bytes }>(sql, account);
  if (row === undefined) return null;
  const method = JSON.parse(row.backup_method) as BackupMethod;
  return { method, authHash: row.backup_auth, wrapped: row.backup_wrapped };
}

export function backupItems(db: Database, account: Bytes, after: string, limit: number): BackupItem[] {
  const sql = 'SELECT name, sealed FROM backup_items WHERE account = ? AND name > ? ORDER BY name LIMIT ?';
  return db.all<BackupItem>(sql, account, after, limit);
}

export function putBackupItems(db: Database, account: Bytes, items: readonly BackupItem[]): void {
  for (const { name, sealed } of items) {
    db.run('INSERT OR REPLACE INTO backup_items VALUES (?, ?, ?)', account, name, sealed);
  }
}
