import { beforeAll, expect, test } from 'vitest';
import { refusal } from '../testing/refusal.ts';
import { unsafeEncryptionPair, unsafeSigningPair } from '../testing/unsafe-key-pool.ts';
import { UNSAFE_TIME, type UnsafePerson, unsafePerson } from '../testing/unsafe-person.ts';
import { type Bytes, b64, equal, utf8, utf8Decode } from './bytes.ts';
import { exportSpki, sign } from './crypto.ts';
import { deviceIdOf, keyIdOf } from './identity.ts';
import {
  chainHead,
  extendKeyChain,
  isLiveAt,
  type KeyChain,
  readKeyChain,
  recipientKeysAt,
  signStatement,
} from './key-chain.ts';
import { LIMITS } from './limits.ts';
import { parseStatement, type SignedStatement, type StatementBody } from './statement.ts';

let ada: UnsafePerson;
let eve: UnsafePerson;
/** A second device of Ada's. */
let phone: { pair: CryptoKeyPair; spki: Bytes; device: Bytes };

beforeAll(async () => {
  ada = await unsafePerson(0);
  eve = await unsafePerson(1);
  const pair = await unsafeSigningPair(20);
  const spki = await exportSpki(pair.publicKey);
  phone = { pair, spki, device: await deviceIdOf(spki) };
});

const account = () => ada.accountPair.privateKey;
const laptop = () => ada.devicePair.privateKey;

const state = (chain: KeyChain | null, body: StatementBody, key: CryptoKey): Promise<SignedStatement> =>
  signStatement(chain, ada.account, body, key, UNSAFE_TIME);

/** The chain after statements of Ada's, each with the key that signs it. */
async function after(chain: KeyChain, ...steps: [StatementBody, CryptoKey][]): Promise<KeyChain> {
  let next = chain;
  for (const [body, key] of steps) next = await extendKeyChain(next, await state(next, body, key));
  return next;
}

const refused = async (chain: KeyChain | null, body: StatementBody, key: CryptoKey) =>
  refusal(async () => extendKeyChain(chain, await state(chain, body, key)));

const addPhone = (): StatementBody => ({ type: 'device.add', deviceKey: b64(phone.spki) });

/** The statement again with other content, signed by the given key over exactly those bytes. */
async function forged(
  signed: SignedStatement,
  change: Record<string, unknown>,
  key: CryptoKey,
): Promise<SignedStatement> {
  const bytes = utf8(JSON.stringify({ ...JSON.parse(utf8Decode(signed.bytes)), ...change }));
  const prefix = utf8('sotto/1/statement\0');
  return { bytes, signature: await sign(key, new Uint8Array([...prefix, ...bytes])) };
}

test('an account, a device and its key make a chain of three', () => {
  const { chain } = ada;
  expect(chain.seq).toBe(3);
  expect(chain.account).toEqual(ada.account);
  expect(chain.links).toHaveLength(3);
  expect(recipientKeysAt(chain, 3)).toEqual([
    { device: ada.device, keyId: ada.keyId, spki: ada.encryptionSpki },
  ]);
  expect(recipientKeysAt(chain, 2)).toEqual([]);
  expect(isLiveAt(chain, ada.device, 1)).toBe(false);
  expect(isLiveAt(chain, ada.device, 2)).toBe(true);
});

test('extending makes a new value and leaves the old one as it was', async () => {
  const longer = await after(ada.chain, [addPhone(), account()]);
  expect(longer.seq).toBe(4);
  expect(ada.chain.seq).toBe(3);
  expect(ada.chain.devices.size).toBe(1);
  expect(equal(chainHead(longer), chainHead(ada.chain))).toBe(false);
});

test('only the account key admits a device', async () => {
  expect(await refused(ada.chain, addPhone(), laptop())).toBe('bad_signature');
  expect(await refused(ada.chain, addPhone(), eve.accountPair.privateKey)).toBe('bad_signature');
  const twice = { type: 'device.add', deviceKey: b64(ada.deviceSpki) } as const;
  expect(await refused(ada.chain, twice, account())).toBe('bad_statement');
});

test('a key is published by its own device, with the next number', async () => {
  const key = b64(await exportSpki((await unsafeEncryptionPair(30)).publicKey));
  const device = b64(ada.device);
  expect(await refused(ada.chain, { type: 'key.publish', device, number: 2, key }, account())).toBe(
    'bad_signature',
  );
  expect(await refused(ada.chain, { type: 'key.publish', device, number: 3, key }, laptop())).toBe(
    'bad_statement',
  );
  const newer = await after(ada.chain, [{ type: 'key.publish', device, number: 2, key }, laptop()]);
  const keyId = await keyIdOf(await exportSpki((await unsafeEncryptionPair(30)).publicKey));
  expect(recipientKeysAt(newer, 4).map((r) => r.keyId)).toEqual([keyId]);
  expect(recipientKeysAt(newer, 3).map((r) => r.keyId)).toEqual([ada.keyId]);
});

test('a revoked device signs nothing more, is no recipient and cannot come back', async () => {
  const two = await after(ada.chain, [addPhone(), account()]);
  const id = b64(phone.device);
  const revoked = await after(two, [{ type: 'device.revoke', device: id, by: b64(ada.device) }, laptop()]);
  expect(isLiveAt(revoked, phone.device, 4)).toBe(true);
  expect(isLiveAt(revoked, phone.device, 5)).toBe(false);
  const key = b64(ada.encryptionSpki);
  expect(
    await refused(revoked, { type: 'key.publish', device: id, number: 1, key }, phone.pair.privateKey),
  ).toBe('device_revoked');
  const byPhone = { type: 'device.revoke', device: b64(ada.device), by: id } as const;
  expect(await refused(revoked, byPhone, phone.pair.privateKey)).toBe('device_revoked');
  expect(await refused(revoked, { type: 'device.revoke', device: id }, account())).toBe('unknown_device');
  expect(await refused(revoked, addPhone(), account())).toBe('bad_statement');
});

test('a device revokes with its own signature or the account key alone', async () => {
  const two = await after(ada.chain, [addPhone(), account()]);
  const bare = { type: 'device.revoke', device: b64(phone.device) } as const;
  expect(await refused(two, bare, laptop())).toBe('bad_signature');
  expect(await refused(two, { ...bare, by: b64(ada.device) }, account())).toBe('bad_signature');
  expect(await refused(two, { ...bare, by: b64(eve.device) }, eve.devicePair.privateKey)).toBe(
    'device_revoked',
  );
  expect(await refused(two, bare, account())).toBe('accepted');
});

test('a statement follows one chain at one place', async () => {
  const signed = await state(ada.chain, addPhone(), account());
  const longer = await extendKeyChain(ada.chain, signed);
  expect(await refusal(() => extendKeyChain(longer, signed))).toBe('chain_stale');
  expect(await refusal(() => extendKeyChain(eve.chain, signed))).toBe('chain_stale');
  const skipped = await forged(signed, { seq: 5 }, account());
  expect(await refusal(() => extendKeyChain(ada.chain, skipped))).toBe('chain_stale');
  const relinked = await forged(signed, { prev: b64(chainHead(longer)) }, account());
  expect(await refusal(() => extendKeyChain(ada.chain, relinked))).toBe('chain_stale');
  const otherAccount = await forged(signed, { account: b64(eve.account) }, account());
  expect(await refusal(() => extendKeyChain(ada.chain, otherAccount))).toBe('bad_statement');
});

test('an account is named by its key', async () => {
  const [create] = ada.statements as [SignedStatement];
  const renamed = await forged(create, { account: b64(eve.account) }, account());
  expect(await refusal(() => extendKeyChain(null, renamed))).toBe('bad_statement');
  const rekeyed = await forged(create, { accountKey: b64(eve.accountSpki) }, eve.accountPair.privateKey);
  expect(await refusal(() => extendKeyChain(null, rekeyed))).toBe('bad_statement');
  const otherSigner = await forged(create, {}, eve.accountPair.privateKey);
  expect(await refusal(() => extendKeyChain(null, otherSigner))).toBe('bad_signature');
});

test('account.create stands first and only there', async () => {
  const create = {
    type: 'account.create',
    accountKey: b64(ada.accountSpki),
    handle: b64(ada.chain.handle),
  } as const;
  expect(await refused(ada.chain, create, account())).toBe('bad_statement');
  expect(await refused(null, addPhone(), account())).toBe('bad_statement');
});

test('every byte of a statement and of its signature is signed', async () => {
  const { bytes, signature } = await state(ada.chain, addPhone(), account());
  for (let i = 0; i < bytes.length; i += 7) {
    const changed = bytes.slice();
    changed[i] = (changed[i] as number) ^ 1;
    expect(
      await refusal(() => extendKeyChain(ada.chain, { bytes: changed, signature })),
      `byte ${i}`,
    ).not.toBe('accepted');
  }
  for (let i = 0; i < signature.length; i += 13) {
    const changed = signature.slice();
    changed[i] = (changed[i] as number) ^ 1;
    expect(await refusal(() => extendKeyChain(ada.chain, { bytes, signature: changed }))).toBe(
      'bad_signature',
    );
  }
});

test('an account has a limited number of live devices', async () => {
  let chain = ada.chain;
  for (let i = 0; i < LIMITS.accountDevices - 1; i++) {
    const deviceKey = b64(await exportSpki((await unsafeSigningPair(10 + i)).publicKey));
    chain = await after(chain, [{ type: 'device.add', deviceKey }, account()]);
  }
  const oneMore = b64(await exportSpki((await unsafeSigningPair(40)).publicKey));
  expect(await refused(chain, { type: 'device.add', deviceKey: oneMore }, account())).toBe('limit_reached');
  const room = await after(chain, [{ type: 'device.revoke', device: b64(ada.device) }, account()]);
  expect(await refused(room, { type: 'device.add', deviceKey: oneMore }, account())).toBe('accepted');
});

test('statements of another form are refused, each with the field that is wrong', async () => {
  const [, add] = ada.statements as [SignedStatement, SignedStatement];
  const cases: [change: Record<string, unknown>, why: string][] = [
    [{ v: 2 }, 'unknown version'],
    [{ type: 'device.forget' }, 'unknown type'],
    [{ type: 'constructor' }, 'unknown type'],
    [{ seq: 0 }, 'seq'],
    [{ seq: 2 ** 53 }, 'seq'],
    [{ seq: '2' }, 'seq'],
    [{ prev: 'AAAA' }, 'prev'],
    [{ at: -1 }, 'at'],
    [{ account: 7 }, 'account'],
    [{ deviceKey: b64(ada.deviceSpki.slice(1)) }, 'deviceKey'],
    [{ note: 'more' }, 'note'],
  ];
  for (const [change, why] of cases) {
    const { bytes } = await forged(add, change, account());
    expect(() => parseStatement(bytes), JSON.stringify(change)).toThrow(`(${why})`);
    expect(await refusal(() => parseStatement(bytes))).toBe('bad_statement');
  }
  const revoke = await state(
    ada.chain,
    { type: 'device.revoke', device: b64(ada.device), by: '!' },
    account(),
  );
  expect(await refusal(() => extendKeyChain(ada.chain, revoke))).toBe('bad_statement');
  const long = { bytes: utf8(' '.repeat(LIMITS.statementBytes + 1)), signature: add.signature };
  expect(await refusal(() => extendKeyChain(null, long))).toBe('too_large');
});

/** The chain's statements again, one of them with a damaged signature. */
const damaged = (statements: readonly SignedStatement[], at: number): SignedStatement[] =>
  statements.map((s, i) => (i === at ? { ...s, signature: s.signature.map((byte) => byte ^ 1) } : s));

test('a list read at once is the list followed step by step', async () => {
  expect(await readKeyChain(null, ada.statements)).toEqual(ada.chain);
  expect(await readKeyChain(ada.chain, [])).toBe(ada.chain);
  expect(await readKeyChain(null, [])).toBeNull();
});

test('reading at once checks the newest signature of every key that signed', async () => {
  const more = [await state(ada.chain, addPhone(), account())];
  const longer = await extendKeyChain(ada.chain, more[0] as SignedStatement);
  more.push(
    await state(
      longer,
      { type: 'key.publish', device: b64(phone.device), number: 1, key: b64(eve.encryptionSpki) },
      phone.pair.privateKey,
    ),
  );
  const all = [...ada.statements, ...more];
  expect((await readKeyChain(null, all))?.seq).toBe(5);
  // 3 is the laptop's newest, 4 the account key's, 5 the phone's. 1 and 2 are covered by 4, through the links.
  for (const [at, outcome] of [
    'accepted',
    'accepted',
    'bad_signature',
    'bad_signature',
    'bad_signature',
  ].entries()) {
    expect(await refusal(() => readKeyChain(null, damaged(all, at))), `statement ${at + 1}`).toBe(outcome);
  }
});

test('reading at once lets nobody speak for another key', async () => {
  const [create, add, publish] = ada.statements as [SignedStatement, SignedStatement, SignedStatement];
  const byLaptop = await state(ada.chain, addPhone(), laptop());
  expect(await refusal(() => readKeyChain(null, [...ada.statements, byLaptop]))).toBe('bad_signature');
  const others = await forged(add, { deviceKey: b64(eve.deviceSpki) }, eve.accountPair.privateKey);
  expect(await refusal(() => readKeyChain(null, [create, others]))).toBe('bad_signature');
  expect(await refusal(() => readKeyChain(null, [create, others, publish]))).toBe('chain_stale');
  expect(await refusal(() => readKeyChain(null, [create, publish]))).toBe('chain_stale');
});
