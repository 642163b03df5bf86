/** Who appears in the vectors, and the fixed inputs. Everything secret here comes from the pool of unsafe keys or from a counter. */
import { type Bytes, b64 } from '../../src/bytes.ts';
import { exportPkcs8, exportSpki, sha256 } from '../../src/crypto.ts';
import { roomIdOf } from '../../src/identity.ts';
import { chainHead } from '../../src/key-chain.ts';
import { unsafeEncryptionPair, unsafeSigningPair } from '../../testing/unsafe-key-pool.ts';
import { UNSAFE_TIME, unsafePerson } from '../../testing/unsafe-person.ts';

/** Bytes that anybody can make again: the first `length` of SHA-256(name || block number as one byte), block after block. */
export async function fixed(name: string, length: number): Promise<Bytes> {
  const out = new Uint8Array(length);
  for (let block = 0; block * 32 < length; block++) {
    const input = new Uint8Array([...new TextEncoder().encode(name), block]);
    out.set((await sha256(input)).subarray(0, length - block * 32), block * 32);
  }
  return out;
}

/** A message id of a fixed time. */
export async function fixedId(name: string, timeMs = UNSAFE_TIME): Promise<Bytes> {
  const id = await fixed(name, 16);
  new DataView(id.buffer).setUint16(0, Math.floor(timeMs / 2 ** 32));
  new DataView(id.buffer).setUint32(2, timeMs % 2 ** 32);
  id[6] = ((id[6] as number) & 0x0f) | 0x70;
  id[8] = ((id[8] as number) & 0x3f) | 0x80;
  return id;
}

export const ada = await unsafePerson(0);
export const bob = await unsafePerson(1);
export const eve = await unsafePerson(2);
export const server = { sign: await unsafeSigningPair(44), wrap: await unsafeEncryptionPair(44) };
export const invitePair = await unsafeSigningPair(40);
export const roomSalt = await fixed('room salt', 16);
export const room = await roomIdOf(ada.account, roomSalt);
export const secret = await fixed('epoch secret', 32);

export const pointOf = (person: typeof ada) => ({
  seq: person.chain.seq,
  hash: b64(chainHead(person.chain)),
});

const written = async (pair: CryptoKeyPair) => ({
  pkcs8: b64(await exportPkcs8(pair.privateKey)),
  spki: b64(await exportSpki(pair.publicKey)),
});

export async function keys() {
  const person = async (p: typeof ada) => ({
    accountKey: await written(p.accountPair),
    deviceKey: await written(p.devicePair),
    encryptionKey: await written(p.encryptionPair),
  });
  return {
    warning: 'UNSAFE: these private keys are published.',
    people: { ada: await person(ada), bob: await person(bob), eve: await person(eve) },
    server: { signKey: await written(server.sign), wrapKey: await written(server.wrap) },
    invite: await written(invitePair),
  };
}
