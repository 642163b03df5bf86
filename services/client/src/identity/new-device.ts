/** Fresh keys for one device, and the statements that admit it to its account's key chain. */
import {
  type Bytes,
  b64,
  deviceIdOf,
  exportSpki,
  extendKeyChain,
  hex,
  type KeyChain,
  keyIdOf,
  type SignedStatement,
  type StatementBody,
  signStatement,
  type WireStatement,
} from '@sotto/protocol';
import type { KeySource } from '../keys.ts';
import type { SignUpProgress } from '../views.ts';
import type { Device } from './device.ts';

export type Progress = (progress: SignUpProgress) => void;

export interface NewKeys {
  readonly device: Bytes;
  readonly deviceKey: CryptoKey;
  readonly deviceSpki: Bytes;
  readonly keyId: Bytes;
  readonly unwrapKey: CryptoKey;
  readonly encryptionSpki: Bytes;
}

/** Two RSA pairs: up to a second. `from` and `to`: how far the whole is before and after, 0 to 1. */
export async function newKeys(
  keys: KeySource,
  extractable: boolean,
  progress: Progress,
  from: number,
  to: number,
): Promise<NewKeys> {
  progress({ step: 'device-key', done: from });
  const signing = await keys.signing(extractable);
  progress({ step: 'encryption-key', done: (from + to) / 2 });
  const encryption = await keys.encryption(extractable);
  const deviceSpki = await exportSpki(signing.publicKey);
  const encryptionSpki = await exportSpki(encryption.publicKey);
  return {
    device: await deviceIdOf(deviceSpki),
    deviceKey: signing.privateKey,
    deviceSpki,
    keyId: await keyIdOf(encryptionSpki),
    unwrapKey: encryption.privateKey,
    encryptionSpki,
  };
}

/** `device.add` by the account key, `key.publish` by the device. `before`: statements that stand in front of them. */
export async function admit(
  chain: KeyChain | null,
  account: Bytes,
  accountKey: CryptoKey,
  keys: NewKeys,
  before: readonly StatementBody[],
  now: number,
): Promise<{ chain: KeyChain; statements: SignedStatement[] }> {
  const bodies: [StatementBody, CryptoKey][] = [
    ...before.map((body): [StatementBody, CryptoKey] => [body, accountKey]),
    [{ type: 'device.add', deviceKey: b64(keys.deviceSpki) }, accountKey],
    [
      { type: 'key.publish', device: b64(keys.device), number: 1, key: b64(keys.encryptionSpki) },
      keys.deviceKey,
    ],
  ];
  let next = chain;
  const statements: SignedStatement[] = [];
  for (const [body, signer] of bodies) {
    const statement = await signStatement(next, account, body, signer, now);
    // Checked as everybody will check it: an account key that is not the chain's is found here.
    next = await extendKeyChain(next, statement);
    statements.push(statement);
  }
  return { chain: next as KeyChain, statements };
}

export const toWire = (statements: readonly SignedStatement[]): WireStatement[] =>
  statements.map(({ bytes, signature }) => ({ bytes: b64(bytes), signature: b64(signature) }));

export function deviceOf(
  account: Bytes,
  handle: string,
  keys: NewKeys,
  storeKey: CryptoKey,
  backupKey: CryptoKey,
  now: number,
): Device {
  return {
    account,
    device: keys.device,
    handle,
    deviceKey: keys.deviceKey,
    storeKey,
    backupKey,
    unwrapKeys: new Map([[hex(keys.keyId), keys.unwrapKey]]),
    encryptionKeys: [{ keyId: b64(keys.keyId), madeAt: now, replacedAt: null }],
  };
}
