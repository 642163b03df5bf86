/**
 * UNSAFE. RSA pairs for tests, load and chaos runs, where making fresh ones (0.3 to 0.5 s each) would cost more than
 * the test. Their private halves are published in `unsafe-key-pool.json`: whatever they sign anybody can forge, and
 * whatever is wrapped to them anybody can read.
 */
import { fromB64 } from '../src/bytes.ts';
import { importSigningKey, importUnwrapKey, importVerifyKey, importWrapKey } from '../src/crypto.ts';
import pool from './unsafe-key-pool.json' with { type: 'json' };

type Written = (typeof pool.signing)[number];

/** How many pairs of each sort there are; a higher number begins again from the first. */
export const UNSAFE_PAIRS = pool.signing.length;

const made = new Map<string, Promise<CryptoKeyPair>>();

function pair(
  sort: 'signing' | 'encryption',
  i: number,
  privateKey: (pkcs8: Uint8Array<ArrayBuffer>, extractable: boolean) => Promise<CryptoKey>,
  publicKey: (spki: Uint8Array<ArrayBuffer>) => Promise<CryptoKey | null>,
): Promise<CryptoKeyPair> {
  const index = i % UNSAFE_PAIRS;
  const name = `${sort} ${index}`;
  const known = made.get(name);
  if (known !== undefined) return known;
  const written = pool[sort][index] as Written;
  const imported = Promise.all([privateKey(fromB64(written.pkcs8), true), publicKey(fromB64(written.spki))]);
  const both = imported.then(([secret, open]) => ({ privateKey: secret, publicKey: open as CryptoKey }));
  made.set(name, both);
  return both;
}

/** RSA-PSS pair `i`, extractable; the same object for the same number. */
export const unsafeSigningPair = (i: number): Promise<CryptoKeyPair> =>
  pair('signing', i, importSigningKey, importVerifyKey);

/** RSA-OAEP pair `i`, extractable; the same object for the same number. */
export const unsafeEncryptionPair = (i: number): Promise<CryptoKeyPair> =>
  pair('encryption', i, importUnwrapKey, importWrapKey);
