/** A private key in a file: its algorithm and its bytes, since a program has no place that keeps a key and hides it. */
import {
  aesKeyKept,
  type Bytes,
  exportPkcs8,
  exportRaw,
  importSigningKey,
  importUnwrapKey,
} from '@sotto/protocol';
import { fromBytes, toBytes } from './serial.ts';

interface Form {
  readonly out: (key: CryptoKey) => Promise<Bytes>;
  readonly in: (bytes: Bytes, extractable: boolean) => Promise<CryptoKey>;
}

const FORMS: Readonly<Record<string, Form>> = {
  'RSA-PSS': { out: exportPkcs8, in: importSigningKey },
  'RSA-OAEP': { out: exportPkcs8, in: importUnwrapKey },
  'AES-GCM': { out: exportRaw, in: aesKeyKept },
};

/** Throws TypeError on what is no private key, or one that cannot be taken out. */
export async function keyToBytes(key: unknown): Promise<Bytes> {
  if (!(key instanceof CryptoKey) || key.type === 'public')
    throw new TypeError('only private keys can be kept here');
  const form = FORMS[key.algorithm.name];
  if (form === undefined) throw new TypeError(`a key for ${key.algorithm.name} cannot be kept`);
  if (!key.extractable) throw new TypeError('a key that cannot be exported cannot be kept in a file');
  return toBytes({ algorithm: key.algorithm.name, bytes: await form.out(key) });
}

/** Extractable, so that it can be kept again. */
export async function keyFromBytes(kept: Uint8Array): Promise<CryptoKey> {
  const { algorithm, bytes } = fromBytes(kept) as { algorithm: string; bytes: Bytes };
  return (FORMS[algorithm] as Form).in(bytes, true);
}
