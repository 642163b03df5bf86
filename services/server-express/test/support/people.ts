/** Accounts of the tests: an account key, one device, one encryption key, from the pool of unsafe pairs. */
import {
  accountIdOf,
  type Bytes,
  b64,
  type Calls,
  type ChainPoint,
  chainHead,
  deviceIdOf,
  exportSpki,
  extendKeyChain,
  handleCommitment,
  type KeyChain,
  randomBytes,
  type SignedStatement,
  type StatementBody,
  signStatement,
  type WireStatement,
} from '@sotto/protocol';
import { unsafeEncryptionPair, unsafeSigningPair } from '@sotto/protocol/testing';

export interface Person {
  readonly handle: string;
  readonly account: Bytes;
  readonly accountKey: CryptoKey;
  readonly device: Bytes;
  readonly deviceKey: CryptoKey;
  /** Grows where a test publishes or revokes something. */
  chain: KeyChain;
  readonly backupAuth: Bytes;
  readonly creation: Calls['account.create']['ask'];
}

export const onWire = (s: SignedStatement): WireStatement => ({
  bytes: b64(s.bytes),
  signature: b64(s.signature),
});

/** Person `i` under a handle: signing pairs 2i and 2i + 1, encryption pair i. `signedHandle`: what the chain says instead. */
export async function person(i: number, handle: string, signedHandle = handle): Promise<Person> {
  const accountPair = await unsafeSigningPair(2 * i);
  const devicePair = await unsafeSigningPair(2 * i + 1);
  const accountSpki = await exportSpki(accountPair.publicKey);
  const deviceSpki = await exportSpki(devicePair.publicKey);
  const encryptionSpki = await exportSpki((await unsafeEncryptionPair(i)).publicKey);
  const account = await accountIdOf(accountSpki);
  const device = await deviceIdOf(deviceSpki);
  const commitment = b64(await handleCommitment(account, signedHandle));
  const steps: [StatementBody, CryptoKey][] = [
    [{ type: 'account.create', accountKey: b64(accountSpki), handle: commitment }, accountPair.privateKey],
    [{ type: 'device.add', deviceKey: b64(deviceSpki) }, accountPair.privateKey],
    [
      { type: 'key.publish', device: b64(device), number: 1, key: b64(encryptionSpki) },
      devicePair.privateKey,
    ],
  ];
  let chain: KeyChain | null = null;
  const statements: WireStatement[] = [];
  for (const [body, signer] of steps) {
    const signed = await signStatement(chain, account, body, signer, Date.now());
    chain = await extendKeyChain(chain, signed);
    statements.push(onWire(signed));
  }
  const backupAuth = randomBytes(32);
  return {
    handle,
    account,
    accountKey: accountPair.privateKey,
    device,
    deviceKey: devicePair.privateKey,
    chain: chain as KeyChain,
    backupAuth,
    creation: {
      handle,
      statements,
      backup: { method: { method: 'phrase' }, auth: b64(backupAuth), wrapped: b64(randomBytes(60)) },
      items: [{ name: 'account-key', sealed: b64(randomBytes(100)) }],
    },
  };
}

/** Signs the person's next statement; the caller sends it. */
export async function nextStatement(
  who: Person,
  body: StatementBody,
  signer: CryptoKey,
): Promise<WireStatement> {
  const signed = await signStatement(who.chain, who.account, body, signer, Date.now());
  who.chain = await extendKeyChain(who.chain, signed);
  return onWire(signed);
}

/** The newest position of a person's key chain, as statements name it. */
export const point = (who: Person): ChainPoint => ({ seq: who.chain.seq, hash: b64(chainHead(who.chain)) });

/** A field of one of the statements that made an account: a public key, to be published again. */
export const creationField = (who: Person, index: number, field: string): string =>
  JSON.parse(Buffer.from(who.creation.statements[index]?.bytes ?? '', 'base64url').toString())[field];
