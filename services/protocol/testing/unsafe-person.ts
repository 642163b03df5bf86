/** Accounts made from the pool of unsafe keys: an account key, one device, one encryption key, and their key chain. */
import { type Bytes, b64 } from '../src/bytes.ts';
import { exportSpki } from '../src/crypto.ts';
import { accountIdOf, deviceIdOf, handleCommitment, keyIdOf } from '../src/identity.ts';
import { extendKeyChain, type KeyChain, signStatement } from '../src/key-chain.ts';
import type { SignedStatement, StatementBody } from '../src/statement.ts';
import { unsafeEncryptionPair, unsafeSigningPair } from './unsafe-key-pool.ts';

export interface UnsafePerson {
  readonly account: Bytes;
  readonly accountPair: CryptoKeyPair;
  readonly accountSpki: Bytes;
  readonly device: Bytes;
  readonly devicePair: CryptoKeyPair;
  readonly deviceSpki: Bytes;
  readonly encryptionPair: CryptoKeyPair;
  readonly encryptionSpki: Bytes;
  readonly keyId: Bytes;
  readonly statements: readonly SignedStatement[];
  readonly chain: KeyChain;
}

/** A fixed time, so that what is made of it can be kept: 2026-01-01T00:00:00Z. */
export const UNSAFE_TIME = 1_767_225_600_000;

/** Person `i`: the same keys for the same number. Signing pairs 2i and 2i + 1, encryption pair i. */
export async function unsafePerson(i: number): Promise<UnsafePerson> {
  const accountPair = await unsafeSigningPair(2 * i);
  const devicePair = await unsafeSigningPair(2 * i + 1);
  const encryptionPair = await unsafeEncryptionPair(i);
  const accountSpki = await exportSpki(accountPair.publicKey);
  const deviceSpki = await exportSpki(devicePair.publicKey);
  const encryptionSpki = await exportSpki(encryptionPair.publicKey);
  const account = await accountIdOf(accountSpki);
  const device = await deviceIdOf(deviceSpki);
  const handle = b64(await handleCommitment(account, `person-${i}`));
  const steps: [StatementBody, CryptoKey][] = [
    [{ type: 'account.create', accountKey: b64(accountSpki), handle }, accountPair.privateKey],
    [{ type: 'device.add', deviceKey: b64(deviceSpki) }, accountPair.privateKey],
    [
      { type: 'key.publish', device: b64(device), number: 1, key: b64(encryptionSpki) },
      devicePair.privateKey,
    ],
  ];
  let chain: KeyChain | null = null;
  const statements: SignedStatement[] = [];
  for (const [body, signer] of steps) {
    const signed = await signStatement(chain, account, body, signer, UNSAFE_TIME);
    chain = await extendKeyChain(chain, signed);
    statements.push(signed);
  }
  return {
    account,
    accountPair,
    accountSpki,
    device,
    devicePair,
    deviceSpki,
    encryptionPair,
    encryptionSpki,
    keyId: await keyIdOf(encryptionSpki),
    statements,
    chain: chain as KeyChain,
  };
}
