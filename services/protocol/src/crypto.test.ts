import { createHash, webcrypto } from 'node:crypto';
import { beforeAll, expect, test } from 'vitest';
import { unsafeEncryptionPair, unsafeSigningPair } from '../testing/unsafe-key-pool.ts';
import { type Bytes, fromHex, hex, utf8, zeros } from './bytes.ts';
import {
  aesKey,
  aesOpen,
  aesSeal,
  exportPkcs8,
  exportSpki,
  hkdf,
  hmac,
  importSigningKey,
  importUnwrapKey,
  importVerifyKey,
  importWrapKey,
  isRsaSpki,
  oaepUnwrap,
  oaepWrap,
  randomBytes,
  sha256,
  sign,
  verify,
} from './crypto.ts';

let signing: CryptoKeyPair;
let encryption: CryptoKeyPair;
beforeAll(async () => {
  signing = await unsafeSigningPair(0);
  encryption = await unsafeEncryptionPair(0);
});

test('hashes are those of SHA-256, in place and through WebCrypto alike', async () => {
  for (const length of [0, 1, 55, 56, 64, 228, 2047, 2048, 2049, 65_536]) {
    const bytes = randomBytes(length);
    expect(hex(await sha256(bytes))).toBe(createHash('sha256').update(bytes).digest('hex'));
  }
});

test('HMAC is that of RFC 4231, case 2', async () => {
  expect(hex(await hmac(utf8('Jefe'), utf8('what do ya want for nothing?')))).toBe(
    '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
  );
});

test('HKDF is that of RFC 5869, case 1', async () => {
  const okm = await hkdf(
    fromHex('0b'.repeat(22)),
    fromHex('000102030405060708090a0b0c'),
    fromHex('f0f1f2f3f4f5f6f7f8f9'),
    42,
  );
  expect(hex(okm)).toBe(
    '3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865',
  );
});

test('AES-GCM opens with the same key, nonce and data alone', async () => {
  const key = await aesKey(randomBytes(32));
  const nonce = randomBytes(12);
  const sealed = await aesSeal(key, nonce, utf8('data'), utf8('text'));
  expect(await aesOpen(key, nonce, utf8('data'), sealed)).toEqual(utf8('text'));
  expect(await aesOpen(key, nonce, utf8('date'), sealed)).toBeNull();
  expect(await aesOpen(key, randomBytes(12), utf8('data'), sealed)).toBeNull();
  expect(await aesOpen(await aesKey(randomBytes(32)), nonce, utf8('data'), sealed)).toBeNull();
  expect(await aesOpen(key, zeros(0), utf8('data'), sealed)).toBeNull();
  expect(await aesOpen(key, nonce, utf8('data'), zeros(3))).toBeNull();
});

test('signatures and wraps go with their key, message and label', async () => {
  const signature = await sign(signing.privateKey, utf8('m'));
  expect(signature).toHaveLength(384);
  expect(await verify(signing.publicKey, signature, utf8('m'))).toBe(true);
  expect(await verify(signing.publicKey, signature, utf8('n'))).toBe(false);
  expect(await verify(signing.publicKey, zeros(0), utf8('m'))).toBe(false);
  const secret = randomBytes(32);
  const wrapped = await oaepWrap(encryption.publicKey, secret, utf8('label'));
  expect(await oaepUnwrap(encryption.privateKey, wrapped, utf8('label'))).toEqual(secret);
  expect(await oaepUnwrap(encryption.privateKey, wrapped, utf8('other'))).toBeNull();
  expect(await oaepUnwrap((await unsafeEncryptionPair(1)).privateKey, wrapped, utf8('label'))).toBeNull();
});

test('keys survive export and import, private ones as non-extractable handles', async () => {
  const key = await importSigningKey(await exportPkcs8(signing.privateKey), false);
  expect(key.extractable).toBe(false);
  const again = (await importVerifyKey(await exportSpki(signing.publicKey))) as CryptoKey;
  expect(await verify(again, await sign(key, utf8('m')), utf8('m'))).toBe(true);
  const unwrap = await importUnwrapKey(await exportPkcs8(encryption.privateKey), false);
  const wrapKey = (await importWrapKey(await exportSpki(encryption.publicKey))) as CryptoKey;
  expect(await oaepUnwrap(unwrap, await oaepWrap(wrapKey, utf8('s'), utf8('l')), utf8('l'))).toEqual(
    utf8('s'),
  );
});

async function spkiOf(modulusLength: number, publicExponent: readonly number[]): Promise<Bytes> {
  const algorithm = {
    name: 'RSA-PSS',
    hash: 'SHA-256',
    modulusLength,
    publicExponent: new Uint8Array(publicExponent),
  };
  const pair = (await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as CryptoKeyPair;
  return exportSpki(pair.publicKey);
}

test('keys of other sizes, exponents and encodings are refused', async () => {
  const spki = await exportSpki(signing.publicKey);
  expect(isRsaSpki(spki)).toBe(true);
  const shortModulus = spki.slice();
  shortModulus[33] = 0x7f;
  const ec = await webcrypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign']);
  const cases: Record<string, Bytes> = {
    '2048 bits': await spkiOf(2048, [1, 0, 1]),
    'e = 3': await spkiOf(3072, [3]),
    'a modulus of 3071 bits': shortModulus,
    'a byte too many': new Uint8Array([...spki, 0]),
    'a byte too few': spki.slice(0, -1),
    'no key at all': zeros(422),
    nothing: zeros(0),
    'an elliptic curve': await exportSpki((ec as CryptoKeyPair).publicKey),
  };
  for (const [what, bytes] of Object.entries(cases)) {
    expect(await importVerifyKey(bytes), what).toBeNull();
    expect(await importWrapKey(bytes), what).toBeNull();
  }
});
