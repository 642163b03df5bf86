/**
 * The server's keys (design sections 4 and 5): two RSA pairs that clients know it by, and one storage key from which all
 * symmetric keys are derived, so that every replica that is given the same material can open what another sealed.
 */
import { randomBytes } from 'node:crypto';
import {
  aesKey,
  type Bytes,
  exportPkcs8,
  exportSpki,
  generateEncryptionPair,
  generateSigningPair,
  hkdf,
  importSigningKey,
  importUnwrapKey,
  importVerifyKey,
  importWrapKey,
  label,
  own,
  serverIdOf,
  zeros,
} from '@sotto/protocol';

/** PKCS #8 and SPKI of one pair, DER. */
interface PairMaterial {
  readonly pkcs8: Bytes;
  readonly spki: Bytes;
}

/** What is kept of the keys, wherever it is kept: a file here, a Secret on a cluster. */
export interface KeyMaterial {
  readonly signing: PairMaterial;
  readonly encryption: PairMaterial;
  /** 32 random bytes. */
  readonly storage: Bytes;
}

/** Where a replica gets its key material from. */
export type KeySource = () => Promise<KeyMaterial>;

/** The keys at work. None of the private ones can be exported again. */
export interface ServerKeys {
  /** 16 bytes; see `serverIdOf`. */
  readonly server: Bytes;
  readonly signKey: CryptoKey;
  readonly signSpki: Bytes;
  readonly unwrapKey: CryptoKey;
  readonly wrapSpki: Bytes;
  /** Seals resumption tickets. */
  readonly ticketKey: CryptoKey;
  /** HMAC key of the index by which handles are looked up. */
  readonly handleIndexKey: Bytes;
  /** Seals the handles themselves. */
  readonly handleSealKey: CryptoKey;
  /** HMAC key under which limits count addresses and handles. */
  readonly limitKey: Bytes;
}

const derive = (storage: Bytes, purpose: string): Promise<Bytes> =>
  hkdf(storage, zeros(32), label(`sotto/1/server/${purpose}`), 32);

/** Throws TypeError where a pair is no RSA pair of 3072 bits or the storage key is not 32 bytes. */
export async function serverKeysOf(material: KeyMaterial): Promise<ServerKeys> {
  const { signing, encryption, storage } = material;
  if (storage.length !== 32) throw new TypeError('the storage key must have 32 bytes');
  if ((await importVerifyKey(signing.spki)) === null)
    throw new TypeError('the signing key is no RSA-3072 key');
  if ((await importWrapKey(encryption.spki)) === null)
    throw new TypeError('the encryption key is no RSA-3072 key');
  return {
    server: await serverIdOf(signing.spki),
    signKey: await importSigningKey(signing.pkcs8, false),
    signSpki: signing.spki,
    unwrapKey: await importUnwrapKey(encryption.pkcs8, false),
    wrapSpki: encryption.spki,
    ticketKey: await aesKey(await derive(storage, 'ticket')),
    handleIndexKey: await derive(storage, 'handle-index'),
    handleSealKey: await aesKey(await derive(storage, 'handle-seal')),
    limitKey: await derive(storage, 'limit'),
  };
}

const pairMaterial = async (pair: CryptoKeyPair): Promise<PairMaterial> => ({
  pkcs8: await exportPkcs8(pair.privateKey),
  spki: await exportSpki(pair.publicKey),
});

/** Material of two extractable pairs and a fresh storage key. */
export const keyMaterialOf = async (
  signing: CryptoKeyPair,
  encryption: CryptoKeyPair,
): Promise<KeyMaterial> => ({
  signing: await pairMaterial(signing),
  encryption: await pairMaterial(encryption),
  storage: own(randomBytes(32)),
});

/** Fresh material; costs two RSA pairs, about a second. */
export const newKeyMaterial = async (): Promise<KeyMaterial> =>
  keyMaterialOf(await generateSigningPair(true), await generateEncryptionPair(true));
