/** An account on another device: its words open the backup, the account key in it admits the device. */
import {
  aesKeyKept,
  type Bytes,
  b64,
  type Calls,
  equal,
  fromB64,
  handleCommitment,
  importSigningKey,
  isHandle,
  type KeyChain,
  readKeyChain,
  SottoError,
} from '@sotto/protocol';
import { anonymously, type Met } from '../connection/anonymous.ts';
import type { KeySource } from '../keys.ts';
import { Lie } from '../ledger/lie.ts';
import type { Storage } from '../store/port.ts';
import type { Wire } from '../wire.ts';
import { type RestoredItems, sortItems } from './backup-items.ts';
import { newStoreKey } from './device.ts';
import { admit, deviceOf, newKeys, type Progress, toWire } from './new-device.ts';
import type { Entered } from './sign-up.ts';

type Backup = typeof import('@sotto/protocol/backup');
type Asking = Pick<Wire, 'call'>;

interface Opened {
  readonly account: Bytes;
  readonly rawBackupKey: Bytes;
  readonly items: RestoredItems;
  readonly chain: KeyChain;
  /** The items as they are now. */
  reread(wire: Asking): Promise<RestoredItems>;
}

/**
 * Restores `handle` with its recovery phrase or passphrase; nothing is kept here yet. Rejects with `unknown_handle`, `bad_request` (no such
 * phrase), `auth_failed` (wrong words), and with a `Lie` `backup-downgraded` where the server names weaker parameters than it may.
 */
export async function restore(
  options: { url: string; storage: Storage; keys: KeySource; now: () => number },
  handle: string,
  words: string,
  progress: Progress,
): Promise<Entered & { items: RestoredItems }> {
  if (!isHandle(handle)) throw new SottoError('bad_handle');
  const { url, storage, keys, now } = options;
  const backup = await import('@sotto/protocol/backup');
  progress({ step: 'backup', done: 0 });
  const [opened, met] = await anonymously(
    url,
    null,
    async (wire, met): Promise<[Opened, Met]> => [await open(backup, wire, handle, words), met],
  );
  const { account, rawBackupKey, chain, reread } = opened;
  if (opened.items.accountKey === null)
    throw new SottoError('auth_failed', 'the backup holds no account key');
  const accountKey = await importSigningKey(opened.items.accountKey, false);
  const mine = await newKeys(keys, storage.exportsKeys, progress, 0.3, 0.9);
  progress({ step: 'publishing', done: 0.9 });
  let admitted = await admit(chain, account, accountKey, mine, [], now());
  const items = await anonymously(url, met.serverKey, async (wire) => {
    for (let i = 0; ; i++) {
      try {
        await wire.call('device.add', { statements: toWire(admitted.statements) });
        // Epochs that began meanwhile were not made for this device: their secrets are in the backup by now.
        return await reread(wire);
      } catch (error) {
        if (!(error instanceof SottoError) || error.code !== 'chain_stale' || i >= 5) throw error;
        admitted = await admit(await readChain(wire, account, handle), account, accountKey, mine, [], now());
      }
    }
  });
  progress({ step: 'done', done: 1 });
  const backupKey = await aesKeyKept(rawBackupKey, storage.exportsKeys);
  const device = deviceOf(account, handle, mine, await newStoreKey(storage), backupKey, now());
  return { device, chain: admitted.chain, met, items };
}

async function open(backup: Backup, wire: Asking, handle: string, words: string): Promise<Opened> {
  const { account: id, method } = await wire.call('backup.method', { handle });
  if (backup.isDowngraded(method)) {
    const sentence =
      'The server asked for weaker protection of your passphrase than Sotto allows. It got nothing.';
    throw new Lie('backup-downgraded', sentence, { handle, method: JSON.stringify(method) });
  }
  const account = fromB64(id);
  const { auth, wrap } = await backup.backupKeys(method, words);
  const { wrapped, items } = await fetchAll(wire, handle, b64(auth));
  const rawBackupKey = await backup.unwrapBackupKey(wrap, account, fromB64(wrapped));
  if (rawBackupKey === null) throw new SottoError('auth_failed', 'these words do not open the backup');
  const key = await aesKeyKept(rawBackupKey, false);
  const sorted = async (all: typeof items): Promise<RestoredItems> => {
    const contents: { name: string; content: Bytes }[] = [];
    for (const { name, sealed } of all) {
      const content = await backup.openItem(key, account, name, fromB64(sealed));
      if (content === null) throw new SottoError('auth_failed', `the backup is damaged at ${name}`);
      contents.push({ name, content });
    }
    return sortItems(contents);
  };
  const reread = async (again: Asking) => sorted((await fetchAll(again, handle, b64(auth))).items);
  return {
    account,
    rawBackupKey,
    items: await sorted(items),
    chain: await readChain(wire, account, handle),
    reread,
  };
}

async function fetchAll(wire: Asking, handle: string, auth: string) {
  const items: Calls['backup.fetch']['answer']['items'] = [];
  let after: string | undefined;
  for (;;) {
    const page = await wire.call('backup.fetch', { handle, auth, ...(after === undefined ? {} : { after }) });
    items.push(...page.items);
    if (page.next === null) return { wrapped: page.wrapped, items };
    after = page.next;
  }
}

async function readChain(wire: Asking, account: Bytes, handle: string): Promise<KeyChain> {
  let chain: KeyChain | null = null;
  for (;;) {
    const from: number = (chain?.seq ?? 0) + 1;
    const page: Calls['chain.read']['answer'] = await wire.call('chain.read', {
      account: b64(account),
      from,
    });
    const statements = page.statements.map((s) => ({
      bytes: fromB64(s.bytes),
      signature: fromB64(s.signature),
    }));
    chain = await readKeyChain(chain, statements);
    if (statements.length === 0 || (chain !== null && chain.seq >= page.seq)) break;
  }
  const isOwn = chain !== null && equal(chain.account, account);
  if (chain === null || !isOwn || !equal(chain.handle, await handleCommitment(account, handle))) {
    throw new SottoError('auth_failed', 'the key list is not that of this handle');
  }
  return chain;
}
