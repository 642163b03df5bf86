/** Backups (design section 4): how a handle's key is wrapped, the wrapped key and items for who proves the words, new items. */

import type { BackupItem, Store, StoredBackup } from '@sotto/log';
import { type Bytes, b64, type Calls, fromB64, isHandle, LIMITS, SottoError } from '@sotto/protocol';
import { authMatches } from '../keys/backup-auth.ts';
import { type CallParts, type Handler, signedIn } from './context.ts';

const PAGE = 64;
/** What one answer may hold; a page ends where it would grow past this. */
const PAGE_BYTES = LIMITS.readBytes / 2;

export const backupItems = (items: Calls['backup.put']['ask']['items']): BackupItem[] =>
  items.map(({ name, sealed }) => ({ name, sealed: fromB64(sealed) }));

async function backupOf(
  { store, handles }: CallParts,
  handle: string,
): Promise<{ account: Bytes; backup: StoredBackup }> {
  if (!isHandle(handle)) throw new SottoError('bad_handle');
  const account = await store.accountByHandle(await handles.index(handle));
  const backup = account === null ? null : await store.backup(account);
  if (account === null || backup === null) throw new SottoError('unknown_handle');
  return { account, backup };
}

export const backupMethod: Handler<'backup.method'> = async (parts, { args }) => {
  const { account, backup } = await backupOf(parts, args.handle);
  return { account: b64(account), method: backup.method };
};

/** Counted before the words are checked, so that tries side by side cannot outrun the limit; a success is given back. */
export const backupFetch: Handler<'backup.fetch'> = async (parts, { args }) => {
  const auth = fromB64(args.auth);
  const { account, backup } = await backupOf(parts, args.handle);
  await parts.limiters.restores.take(args.handle);
  if (!(await authMatches(auth, backup.authHash))) {
    throw new SottoError('auth_failed', 'these words do not open the backup');
  }
  await parts.limiters.restores.giveBack(args.handle);
  return { wrapped: b64(backup.wrapped), ...(await pageOf(parts.store, account, args.after ?? '')) };
};

/** Sealed under the backup key, which every device of the account has: no words are asked for. */
export const backupRead: Handler<'backup.read'> = async ({ store }, { args, session }) =>
  pageOf(store, signedIn(session).account, args.after ?? '');

async function pageOf(store: Store, account: Bytes, after: string): Promise<Calls['backup.read']['answer']> {
  const found = await store.backupItems(account, after, PAGE);
  const items: Calls['backup.read']['answer']['items'] = [];
  let bytes = 0;
  for (const item of found) {
    bytes += item.sealed.length;
    if (items.length > 0 && bytes > PAGE_BYTES) break;
    items.push({ name: item.name, sealed: b64(item.sealed) });
  }
  const whole = items.length === found.length && found.length < PAGE;
  return { items, next: whole ? null : (items.at(-1)?.name ?? null) };
}

export const backupPut: Handler<'backup.put'> = async ({ store }, { args, session }) => {
  const { account } = signedIn(session);
  await store.putBackupItems(account, backupItems(args.items));
  return {};
};
