/**
 * The one file that touches WebCrypto. Everything above it speaks in `Bytes` and `CryptoKey`.
 * Algorithms and sizes: design section 4. RSA 3072 bits, e = 65537, SHA-256, PSS salt 32, MGF1-SHA-256.
 * Short hashes are the exception: a hop to WebCrypto's threads costs some 60 microseconds, hashing 300 bytes in place 4,
 * and a commit to 1,000 devices takes 4,000 of them.
 */
import { sha256 as hashInPlace } from '@noble/hashes/sha2.js';
import { type Bytes, fromHex } from './bytes.ts';

const subtle = globalThis.crypto.subtle;

export const RSA_MODULUS_BITS = 3072;
export const RSA_BYTES = RSA_MODULUS_BITS / 8;
const PUBLIC_EXPONENT = new Uint8Array([1, 0, 1]);
const PSS = { name: 'RSA-PSS', hash: 'SHA-256' };
const PSS_SIGN = { name: 'RSA-PSS', saltLength: 32 };
const OAEP = { name: 'RSA-OAEP', hash: 'SHA-256' };

export function randomBytes(length: number): Bytes {
  return globalThis.crypto.getRandomValues(new Uint8Array(length));
}

/** Where the hop is repaid. */
const SHORT_BYTES = 2048;

/**
 * SHA-256 of a short input in parts (some 2 KB at most), without a hop: for trees, labels and links, where hashes come by
 * the thousand.
 */
export function hashShort(...parts: readonly Bytes[]): Bytes {
  const hash = hashInPlace.create();
  for (const part of parts) hash.update(part);
  return hash.digest() as Bytes;
}

export async function sha256(bytes: Bytes): Promise<Bytes> {
  if (bytes.length <= SHORT_BYTES) return hashShort(bytes);
  return new Uint8Array(await subtle.digest('SHA-256', bytes));
}

/** HKDF-SHA-256 (RFC 5869): `length` bytes. */
export async function hkdf(ikm: Bytes, salt: Bytes, info: Bytes, length: number): Promise<Bytes> {
  const key = await subtle.importKey('raw', ikm, 'HKDF', false, ['deriveBits']);
  return new Uint8Array(
    await subtle.deriveBits({ name: 'HKDF', hash: 'SHA-256', salt, info }, key, length * 8),
  );
}

export async function hmac(key: Bytes, message: Bytes): Promise<Bytes> {
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  const imported = await subtle.importKey('raw', key, algorithm, false, ['sign']);
  return new Uint8Array(await subtle.sign('HMAC', imported, message));
}

/** A 32-byte AES-256-GCM key as a non-extractable handle. */
export function aesKey(raw: Bytes): Promise<CryptoKey> {
  return subtle.importKey('raw', raw, 'AES-GCM', false, ['encrypt', 'decrypt']);
}

/** As `aesKey`, for a key that a device keeps: extractable only where its storage knows nothing but bytes. */
export function aesKeyKept(raw: Bytes, extractable: boolean): Promise<CryptoKey> {
  return subtle.importKey('raw', raw, 'AES-GCM', extractable, ['encrypt', 'decrypt']);
}

/** The 32 bytes of an extractable AES key. */
export async function exportRaw(key: CryptoKey): Promise<Bytes> {
  return new Uint8Array(await subtle.exportKey('raw', key));
}

/** AES-256-GCM: ciphertext followed by the 16-byte tag. The nonce is 12 bytes and unique under the key. */
export async function aesSeal(key: CryptoKey, nonce: Bytes, aad: Bytes, plaintext: Bytes): Promise<Bytes> {
  return new Uint8Array(
    await subtle.encrypt({ name: 'AES-GCM', iv: nonce, additionalData: aad }, key, plaintext),
  );
}

/** The plaintext, or null where the ciphertext, the nonce, the additional data or the key is not the right one. */
export async function aesOpen(
  key: CryptoKey,
  nonce: Bytes,
  aad: Bytes,
  ciphertext: Bytes,
): Promise<Bytes | null> {
  try {
    return new Uint8Array(
      await subtle.decrypt({ name: 'AES-GCM', iv: nonce, additionalData: aad }, key, ciphertext),
    );
  } catch {
    return null;
  }
}

/** A signing pair (account, device, invite and server keys). */
export async function generateSigningPair(extractable: boolean): Promise<CryptoKeyPair> {
  return (await subtle.generateKey(
    { ...PSS, modulusLength: RSA_MODULUS_BITS, publicExponent: PUBLIC_EXPONENT },
    extractable,
    ['sign', 'verify'],
  )) as CryptoKeyPair;
}

/** An encryption pair (device encryption keys, server encryption key). */
export async function generateEncryptionPair(extractable: boolean): Promise<CryptoKeyPair> {
  return (await subtle.generateKey(
    { ...OAEP, modulusLength: RSA_MODULUS_BITS, publicExponent: PUBLIC_EXPONENT },
    extractable,
    ['encrypt', 'decrypt'],
  )) as CryptoKeyPair;
}

/** RSA-PSS signature, 384 bytes. */
export async function sign(privateKey: CryptoKey, message: Bytes): Promise<Bytes> {
  return new Uint8Array(await subtle.sign(PSS_SIGN, privateKey, message));
}

export async function verify(publicKey: CryptoKey, signature: Bytes, message: Bytes): Promise<boolean> {
  return subtle.verify(PSS_SIGN, publicKey, signature, message);
}

/** RSA-OAEP with SHA-256, MGF1-SHA-256 and a label: 384 bytes. */
export async function oaepWrap(publicKey: CryptoKey, secret: Bytes, oaepLabel: Bytes): Promise<Bytes> {
  return new Uint8Array(await subtle.encrypt({ name: 'RSA-OAEP', label: oaepLabel }, publicKey, secret));
}

/** The secret, or null: the reason of a failure is never told apart. */
export async function oaepUnwrap(
  privateKey: CryptoKey,
  wrapped: Bytes,
  oaepLabel: Bytes,
): Promise<Bytes | null> {
  try {
    return new Uint8Array(await subtle.decrypt({ name: 'RSA-OAEP', label: oaepLabel }, privateKey, wrapped));
  } catch {
    return null;
  }
}

/** SubjectPublicKeyInfo (RFC 5280 section 4.1), DER. */
export async function exportSpki(publicKey: CryptoKey): Promise<Bytes> {
  return new Uint8Array(await subtle.exportKey('spki', publicKey));
}

/** PKCS #8 (RFC 5208), DER. Only for extractable keys: account keys, invite keys, keys kept in files. */
export async function exportPkcs8(privateKey: CryptoKey): Promise<Bytes> {
  return new Uint8Array(await subtle.exportKey('pkcs8', privateKey));
}

/**
 * SubjectPublicKeyInfo of an RSA key of 3072 bits with e = 65537 has exactly one DER encoding of 422 bytes: this, the
 * modulus (highest bit set), then 02 03 01 00 01.
 */
const SPKI_HEAD = fromHex('308201a2300d06092a864886f70d01010105000382018f003082018a0282018100');
const SPKI_TAIL = fromHex('0203010001');
export const SPKI_BYTES = 422;

/**
 * True for the one DER encoding of an RSA key of 3072 bits with e = 65537. Compared byte by byte because decoders
 * differ in what else they let pass, and servers in two languages must refuse the same keys.
 */
export function isRsaSpki(spki: Uint8Array): boolean {
  if (spki.length !== SPKI_BYTES || (spki[SPKI_HEAD.length] as number) < 0x80) return false;
  for (let i = 0; i < SPKI_HEAD.length; i++) if (spki[i] !== SPKI_HEAD[i]) return false;
  const tail = SPKI_BYTES - SPKI_TAIL.length;
  for (let i = 0; i < SPKI_TAIL.length; i++) if (spki[tail + i] !== SPKI_TAIL[i]) return false;
  return true;
}

async function importSpki(
  spki: Bytes,
  algorithm: typeof PSS,
  usage: 'verify' | 'encrypt',
): Promise<CryptoKey | null> {
  if (!isRsaSpki(spki)) return null;
  try {
    return await subtle.importKey('spki', spki, algorithm, true, [usage]);
  } catch {
    return null;
  }
}

/** A verification key from SPKI, or null where it is no RSA key of 3072 bits with e = 65537. */
export const importVerifyKey = (spki: Bytes): Promise<CryptoKey | null> => importSpki(spki, PSS, 'verify');

/** An encryption key from SPKI, or null where it is no RSA key of 3072 bits with e = 65537. */
export const importWrapKey = (spki: Bytes): Promise<CryptoKey | null> => importSpki(spki, OAEP, 'encrypt');

export function importSigningKey(pkcs8: Bytes, extractable: boolean): Promise<CryptoKey> {
  return subtle.importKey('pkcs8', pkcs8, PSS, extractable, ['sign']);
}

export function importUnwrapKey(pkcs8: Bytes, extractable: boolean): Promise<CryptoKey> {
  return subtle.importKey('pkcs8', pkcs8, OAEP, extractable, ['decrypt']);
}
