/** An account and one device of it, from the pool of unsafe keys: what a bare client signs in with. */
import {
  accountIdOf,
  type Bytes,
  b64,
  type Calls,
  deviceIdOf,
  exportSpki,
  extendKeyChain,
  generateEncryptionPair,
  generateSigningPair,
  handleCommitment,
  type KeyChain,
  randomBytes,
  type SignedStatement,
  type StatementBody,
  signStatement,
} from '@sotto/protocol';
import { wrapBackupKey } from '@sotto/protocol/backup';
import { UNSAFE_PAIRS, unsafeEncryptionPair, unsafeSigningPair } from '@sotto/protocol/testing';

export interface BareAccount {
  readonly handle: string;
  readonly account: Bytes;
  readonly device: Bytes;
  readonly deviceKey: CryptoKey;
  readonly chain: KeyChain;
  /** What `account.create` asks for. */
  readonly creation: Calls['account.create']['ask'];
}

/**
 * The account of the pool's pair `index`; past the pool its pairs are made. One pair signs for both account and
 * device, which only a test may do.
 */
export async function bareAccount(handle: string, index: number): Promise<BareAccount> {
  const signing = await (index < UNSAFE_PAIRS ? unsafeSigningPair(index) : generateSigningPair(true));
  const encryption = await (index < UNSAFE_PAIRS
    ? unsafeEncryptionPair(index)
    : generateEncryptionPair(true));
  const signKey = await exportSpki(signing.publicKey);
  const account = await accountIdOf(signKey);
  const device = await deviceIdOf(signKey);
  const bodies: StatementBody[] = [
    {
      type: 'account.create',
      accountKey: b64(signKey),
      handle: b64(await handleCommitment(account, handle)),
    },
    { type: 'device.add', deviceKey: b64(signKey) },
    { type: 'key.publish', device: b64(device), number: 1, key: b64(await exportSpki(encryption.publicKey)) },
  ];
  let chain: KeyChain | null = null;
  const statements: SignedStatement[] = [];
  for (const body of bodies) {
    const statement = await signStatement(chain, account, body, signing.privateKey, Date.now());
    statements.push(statement);
    chain = await extendKeyChain(chain, statement);
  }
  return {
    handle,
    account,
    device,
    deviceKey: signing.privateKey,
    chain: chain as KeyChain,
    creation: {
      handle,
      statements: statements.map((s) => ({ bytes: b64(s.bytes), signature: b64(s.signature) })),
      backup: {
        method: { method: 'phrase' },
        auth: b64(randomBytes(32)),
        wrapped: b64(await wrapBackupKey(randomBytes(32), account, randomBytes(32))),
      },
      items: [],
    },
  };
}
