/**
 * Backup (design section 4): a random backup key per account, wrapped by a recovery phrase or by a passphrase, and
 * items sealed under it (the account key, epoch secrets, what a room is called). The server learns the
 * authentication half alone, of which it keeps a scrypt hash.
 */
import { argon2id } from '@noble/hashes/argon2.js';
import { entropyToMnemonic, mnemonicToEntropy, validateMnemonic } from '@scure/bip39';
import { wordlist } from '@scure/bip39/wordlists/english.js';
import { type Bytes, b64, concat, fromB64, label, own, utf8, zeros } from './bytes.ts';
import { aesKey, aesOpen, aesSeal, hkdf, randomBytes } from './crypto.ts';
import { SottoError } from './errors.ts';
import { LIMITS } from './limits.ts';

/** How the wrapping key is made. Kept by the server and handed out by handle, so a client checks it. */
export type BackupMethod =
  | { method: 'phrase' }
  | { method: 'passphrase'; salt: string; memoryKiB: number; passes: number };

export interface BackupKeys {
  /** Shown to the server to fetch the backup; 32 bytes. */
  readonly auth: Bytes;
  /** Never leaves the client; 32 bytes. */
  readonly wrap: Bytes;
}

/** 24 words (BIP-39 English) for 32 bytes of entropy. */
export const phraseOf = (entropy: Bytes): string => entropyToMnemonic(entropy, wordlist);

/** The 32 bytes behind a phrase, white space and case forgiven; null where words or checksum are wrong. */
export function entropyOf(phrase: string): Bytes | null {
  const words = phrase.trim().toLowerCase().split(/\s+/).join(' ');
  if (words.split(' ').length !== 24 || !validateMnemonic(words, wordlist)) return null;
  return own(mnemonicToEntropy(words, wordlist));
}

/** A method with parameters at the floor and a fresh salt. */
export const newPassphraseMethod = (): BackupMethod => ({
  method: 'passphrase',
  salt: b64(randomBytes(16)),
  memoryKiB: LIMITS.argon2MemoryKiB,
  passes: LIMITS.argon2Passes,
});

function saltBytes(salt: string): number {
  try {
    return fromB64(salt).length;
  } catch {
    return 0;
  }
}

/** True where a server names weaker parameters than the floor (64 MiB, 3 passes, 16 bytes of salt). */
export function isDowngraded(method: BackupMethod): boolean {
  if (method.method === 'phrase') return false;
  return (
    !Number.isSafeInteger(method.memoryKiB) ||
    method.memoryKiB < LIMITS.argon2MemoryKiB ||
    !Number.isSafeInteger(method.passes) ||
    method.passes < LIMITS.argon2Passes ||
    saltBytes(method.salt) < 16
  );
}

async function split(master: Bytes): Promise<BackupKeys> {
  const [auth, wrap] = await Promise.all([
    hkdf(master, zeros(32), label('sotto/1/backup/auth'), 32),
    hkdf(master, zeros(32), label('sotto/1/backup/wrap'), 32),
  ]);
  return { auth, wrap };
}

/**
 * Both halves for a phrase or passphrase. Argon2id (RFC 9106) runs for seconds: call it off the main thread.
 * Throws `bad_request` on a phrase that is none and on parameters below the floor or absurdly above it.
 */
export async function backupKeys(method: BackupMethod, words: string): Promise<BackupKeys> {
  if (method.method === 'phrase') {
    const entropy = entropyOf(words);
    if (entropy === null)
      throw new SottoError('bad_request', 'these are not the 24 words of a recovery phrase');
    return split(entropy);
  }
  if (isDowngraded(method)) throw new SottoError('bad_request', 'backup parameters below the floor');
  if (method.memoryKiB > 16 * LIMITS.argon2MemoryKiB || method.passes > 100) {
    throw new SottoError('bad_request', 'backup parameters past reason');
  }
  const options = { m: method.memoryKiB, t: method.passes, p: 1, dkLen: 32 };
  return split(own(argon2id(utf8(words.normalize('NFKC')), fromB64(method.salt), options)));
}

const KEY_AAD = label('sotto/1/backup/key');
const ITEM_AAD = label('sotto/1/backup/item');

async function sealUnder(key: CryptoKey, aad: Bytes, plaintext: Bytes): Promise<Bytes> {
  const nonce = randomBytes(12);
  return concat(nonce, await aesSeal(key, nonce, aad, plaintext));
}

const openUnder = (key: CryptoKey, aad: Bytes, sealed: Bytes): Promise<Bytes | null> =>
  aesOpen(key, sealed.slice(0, 12), aad, sealed.slice(12));

/** nonce || AES-256-GCM of the 32-byte backup key, bound to the account. */
export const wrapBackupKey = async (wrap: Bytes, account: Bytes, backupKey: Bytes): Promise<Bytes> =>
  sealUnder(await aesKey(wrap), concat(KEY_AAD, account), backupKey);

/** The backup key, or null on the wrong phrase, passphrase or account. */
export const unwrapBackupKey = async (wrap: Bytes, account: Bytes, wrapped: Bytes): Promise<Bytes | null> =>
  openUnder(await aesKey(wrap), concat(KEY_AAD, account), wrapped);

const itemAad = (account: Bytes, name: string): Bytes => concat(ITEM_AAD, account, utf8(name));

/** nonce || AES-256-GCM, bound to account and name. `key`: `aesKey(backup key)`, non-extractable on a device. */
export const sealItem = (key: CryptoKey, account: Bytes, name: string, plaintext: Bytes): Promise<Bytes> =>
  sealUnder(key, itemAad(account, name), plaintext);

export const openItem = (
  key: CryptoKey,
  account: Bytes,
  name: string,
  sealed: Bytes,
): Promise<Bytes | null> => openUnder(key, itemAad(account, name), sealed);
