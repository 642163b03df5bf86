/** identity.json, key-chain.json, safety.json. */
import { b64, utf8, utf8Decode } from '../../src/bytes.ts';
import { serverIdOf } from '../../src/channel.ts';
import { exportSpki, sign } from '../../src/crypto.ts';
import { handleCommitment } from '../../src/identity.ts';
import { extendKeyChain, type KeyChain, signStatement } from '../../src/key-chain.ts';
import { groupDigits, roomCode, safetyNumber } from '../../src/safety.ts';
import { type SignedStatement, type StatementBody, statementSigned } from '../../src/statement.ts';
import { unsafeEncryptionPair, unsafeSigningPair } from '../../testing/unsafe-key-pool.ts';
import { UNSAFE_TIME } from '../../testing/unsafe-person.ts';
import { ada, bob, eve, fixed, room, roomSalt, server } from './cast.ts';

export async function identity() {
  const signKey = await exportSpki(server.sign.publicKey);
  return {
    accountKey: b64(ada.accountSpki),
    account: b64(ada.account),
    fingerprint: b64(ada.chain.fingerprint),
    deviceKey: b64(ada.deviceSpki),
    device: b64(ada.device),
    encryptionKey: b64(ada.encryptionSpki),
    keyId: b64(ada.keyId),
    handle: 'person-0',
    handleCommitment: b64(await handleCommitment(ada.account, 'person-0')),
    roomSalt: b64(roomSalt),
    room: b64(room),
    serverSignKey: b64(signKey),
    server: b64(await serverIdOf(signKey)),
  };
}

const written = (s: SignedStatement) => ({ bytes: b64(s.bytes), signature: b64(s.signature) });

export async function keyChain() {
  const phone = await unsafeSigningPair(20);
  const phoneSpki = await exportSpki(phone.publicKey);
  const second = b64(await exportSpki((await unsafeEncryptionPair(20)).publicKey));
  const account = ada.accountPair.privateKey;
  const laptop = ada.devicePair.privateKey;
  const device = b64(ada.device);
  let chain: KeyChain = ada.chain;
  const statements = [...ada.statements];
  const say = (body: StatementBody, key: CryptoKey, of = chain) =>
    signStatement(of, ada.account, body, key, UNSAFE_TIME);
  const append = async (body: StatementBody, key: CryptoKey): Promise<void> => {
    const signed = await say(body, key);
    chain = await extendKeyChain(chain, signed);
    statements.push(signed);
  };
  const before = chain;
  await append({ type: 'device.add', deviceKey: b64(phoneSpki) }, account);
  const phoneId = b64([...chain.devices.values()].at(-1)?.device ?? new Uint8Array(0));
  await append(
    { type: 'key.publish', device: phoneId, number: 1, key: b64(bob.encryptionSpki) },
    phone.privateKey,
  );
  await append({ type: 'key.publish', device, number: 2, key: second }, laptop);
  await append({ type: 'device.revoke', device: phoneId, by: device }, laptop);

  const forged = async (
    signed: SignedStatement,
    change: object,
    key: CryptoKey,
  ): Promise<SignedStatement> => {
    const bytes = utf8(JSON.stringify({ ...JSON.parse(utf8Decode(signed.bytes)), ...change }));
    return { bytes, signature: await sign(key, statementSigned(bytes)) };
  };
  const add: StatementBody = { type: 'device.add', deviceKey: b64(phoneSpki) };
  const right = await say(add, account, before);
  const refused: [string, string, SignedStatement][] = [
    ['a device admitted by a device', 'bad_signature', await say(add, laptop, before)],
    ['a position skipped', 'chain_stale', await forged(right, { seq: 5 }, account)],
    ['another link', 'chain_stale', await forged(right, { prev: b64(new Uint8Array(32)) }, account)],
    ['another account', 'bad_statement', await forged(right, { account: b64(eve.account) }, account)],
    ['an unknown field', 'bad_statement', await forged(right, { note: 'x' }, account)],
    [
      'a key number skipped',
      'bad_statement',
      await say({ type: 'key.publish', device, number: 3, key: second }, laptop, before),
    ],
    [
      'a device that is there already',
      'bad_statement',
      await say({ type: 'device.add', deviceKey: b64(ada.deviceSpki) }, account, before),
    ],
  ];
  return {
    statements: statements.map(written),
    links: chain.links.map(b64),
    devices: [...chain.devices.values()].map((d) => ({
      device: b64(d.device),
      addedSeq: d.addedSeq,
      revokedSeq: d.revokedSeq,
      keys: d.keys.map((k) => ({ keyId: b64(k.keyId), number: k.number, seq: k.seq })),
    })),
    refused: {
      after: 3,
      cases: refused.map(([what, code, statement]) => ({ what, code, statement: written(statement) })),
    },
  };
}

export async function safety() {
  const number = await safetyNumber(ada.chain.fingerprint, bob.chain.fingerprint);
  const [commitHash, membership] = [await fixed('commit hash', 32), await fixed('membership', 32)];
  return {
    fingerprints: [b64(ada.chain.fingerprint), b64(bob.chain.fingerprint)],
    safetyNumber: number,
    shown: groupDigits(number),
    roomCode: {
      room: b64(room),
      epoch: 3,
      commitHash: b64(commitHash),
      membership: b64(membership),
      code: await roomCode(room, 3, commitHash, membership),
    },
  };
}
