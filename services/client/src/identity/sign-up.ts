/** A new account with its first device. Private keys are made here and never leave but in the encrypted backup. */
import {
  accountIdOf,
  aesKeyKept,
  b64,
  exportPkcs8,
  exportSpki,
  handleCommitment,
  isHandle,
  type KeyChain,
  randomBytes,
  SottoError,
} from '@sotto/protocol';
import { anonymously, type Met } from '../connection/anonymous.ts';
import type { KeySource } from '../keys.ts';
import type { Storage } from '../store/port.ts';
import { ACCOUNT_KEY } from './backup-items.ts';
import { type Device, newStoreKey } from './device.ts';
import { admit, deviceOf, newKeys, type Progress, toWire } from './new-device.ts';

export interface Entered {
  readonly device: Device;
  readonly chain: KeyChain;
  readonly met: Met;
}

const SHORTEST_PASSPHRASE = 12;

/**
 * Makes the account on the server; nothing is kept here yet. `passphrase` null: a recovery phrase is made and returned. Rejects with
 * `bad_handle`, `handle_taken`, `bad_request` (a passphrase that is too short), or where the server cannot be reached.
 */
export async function signUp(
  options: { url: string; storage: Storage; keys: KeySource; now: () => number },
  handle: string,
  passphrase: string | null,
  progress: Progress,
): Promise<Entered & { phrase: string | null }> {
  if (!isHandle(handle)) throw new SottoError('bad_handle');
  if (passphrase !== null && [...passphrase].length < SHORTEST_PASSPHRASE) {
    throw new SottoError('bad_request', `a passphrase has at least ${SHORTEST_PASSPHRASE} characters`);
  }
  const { url, storage, keys, now } = options;
  // The words alone need these lists and Argon2id: they are loaded when somebody signs up.
  const backup = await import('@sotto/protocol/backup');
  progress({ step: 'account-key', done: 0 });
  const account = await keys.signing(true);
  const accountKey = await exportSpki(account.publicKey);
  const id = await accountIdOf(accountKey);
  const mine = await newKeys(keys, storage.exportsKeys, progress, 0.25, 0.7);
  progress({ step: 'backup', done: 0.7 });
  const method = passphrase === null ? ({ method: 'phrase' } as const) : backup.newPassphraseMethod();
  const phrase = passphrase === null ? backup.phraseOf(randomBytes(32)) : null;
  const words = await backup.backupKeys(method, passphrase ?? (phrase as string));
  const rawBackupKey = randomBytes(32);
  const backupKey = await aesKeyKept(rawBackupKey, storage.exportsKeys);
  const commitment = b64(await handleCommitment(id, handle));
  const first = { type: 'account.create', accountKey: b64(accountKey), handle: commitment } as const;
  const { chain, statements } = await admit(null, id, account.privateKey, mine, [first], now());
  const sealed = await backup.sealItem(backupKey, id, ACCOUNT_KEY, await exportPkcs8(account.privateKey));
  progress({ step: 'publishing', done: 0.9 });
  const ask = {
    handle,
    statements: toWire(statements),
    backup: {
      method,
      auth: b64(words.auth),
      wrapped: b64(await backup.wrapBackupKey(words.wrap, id, rawBackupKey)),
    },
    items: [{ name: ACCOUNT_KEY, sealed: b64(sealed) }],
  };
  const met = await anonymously(url, null, async (wire, met) => {
    await wire.call('account.create', ask);
    return met;
  });
  progress({ step: 'done', done: 1 });
  const device = deviceOf(id, handle, mine, await newStoreKey(storage), backupKey, now());
  return { device, chain, met, phrase };
}
