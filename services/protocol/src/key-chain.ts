/**
 * Key chains (design section 4): each account's append-only, hash-linked list of signed statements (`statement.ts`).
 * State is a value: `extendKeyChain` takes one and returns the next.
 */
import { type Bytes, b64, equal, fromB64, hex, utf8, zeros } from './bytes.ts';
import { importVerifyKey, sign, verify } from './crypto.ts';
import { SottoError } from './errors.ts';
import { accountIdOf, deviceIdOf, fingerprintOf, keyIdOf } from './identity.ts';
import { LIMITS } from './limits.ts';
import {
  badStatement,
  parseStatement,
  type SignedStatement,
  type Statement,
  type StatementBody,
  statementLink,
  statementSigned,
} from './statement.ts';

export interface EncryptionKey {
  readonly keyId: Bytes;
  /** From 1, strictly rising per device. */
  readonly number: number;
  readonly spki: Bytes;
  /** Position of the statement that published it. */
  readonly seq: number;
}

export interface Device {
  readonly device: Bytes;
  readonly spki: Bytes;
  readonly addedSeq: number;
  readonly addedAt: number;
  readonly revokedSeq: number | null;
  readonly keys: readonly EncryptionKey[];
}

export interface KeyChain {
  readonly account: Bytes;
  readonly accountKey: Bytes;
  readonly fingerprint: Bytes;
  /** Commitment to the handle (see `handleCommitment`). */
  readonly handle: Bytes;
  readonly seq: number;
  /** Links by position: `links[n - 1]` is the link of statement n. */
  readonly links: readonly Bytes[];
  /** By hexadecimal device id. */
  readonly devices: ReadonlyMap<string, Device>;
}

/** The link of the newest statement; 32 zero bytes before the first. */
export const chainHead = (chain: KeyChain | null): Bytes =>
  chain === null ? zeros(32) : (chain.links[chain.seq - 1] as Bytes);

/** Makes and signs the next statement of a chain (null: the first of the account). */
export async function signStatement(
  chain: KeyChain | null,
  account: Bytes,
  body: StatementBody,
  signer: CryptoKey,
  at: number,
): Promise<SignedStatement> {
  const base = { v: 1, account: b64(account), seq: (chain?.seq ?? 0) + 1, prev: b64(chainHead(chain)), at };
  const bytes = utf8(JSON.stringify({ ...base, ...body }));
  return { bytes, signature: await sign(signer, statementSigned(bytes)) };
}

const liveDevice = (chain: KeyChain, id: string): Device | null => {
  const device = chain.devices.get(id);
  return device !== undefined && device.revokedSeq === null ? device : null;
};

/** Keys of chains in memory, each imported once. By the bytes' identity: the chain that holds them never changes them. */
const imported = new WeakMap<Bytes, Promise<CryptoKey | null>>();

/** The verification key of a chain's SPKI bytes, imported once for as long as the chain is kept; null where it is none. */
export function verifyKeyOf(spki: Bytes): Promise<CryptoKey | null> {
  const known = imported.get(spki);
  if (known !== undefined) return known;
  const key = importVerifyKey(spki);
  imported.set(spki, key);
  return key;
}

/** The SPKI of the key that must have signed a statement after the first. */
function signerOf(chain: KeyChain, statement: Statement): Bytes {
  const by =
    statement.type === 'key.publish'
      ? statement.device
      : statement.type === 'device.revoke'
        ? statement.by
        : undefined;
  if (by === undefined) return chain.accountKey;
  const device = liveDevice(chain, hex(fromB64(by)));
  if (device === null) throw new SottoError('device_revoked', 'the signing device is not live');
  return device.spki;
}

async function checkSignature(signed: SignedStatement, signer: Bytes): Promise<void> {
  const key = await verifyKeyOf(signer);
  if (key === null) throw badStatement('the key is no RSA key of 3072 bits');
  if (!(await verify(key, signed.signature, statementSigned(signed.bytes)))) {
    throw new SottoError('bad_signature', 'statement');
  }
}

async function beginKeyChain(
  signed: SignedStatement,
  statement: Extract<Statement, { type: 'account.create' }>,
): Promise<KeyChain> {
  const account = fromB64(statement.account);
  const accountKey = fromB64(statement.accountKey);
  if (!equal(account, await accountIdOf(accountKey))) {
    throw badStatement('account id is not that of its key');
  }
  return {
    account,
    accountKey,
    fingerprint: await fingerprintOf(accountKey),
    handle: fromB64(statement.handle),
    seq: 1,
    links: [await statementLink(signed.bytes)],
    devices: new Map(),
  };
}

async function devicesAfter(
  chain: KeyChain,
  statement: Exclude<Statement, { type: 'account.create' }>,
): Promise<Map<string, Device>> {
  const devices = new Map(chain.devices);
  if (statement.type === 'device.add') {
    const spki = fromB64(statement.deviceKey);
    const device = await deviceIdOf(spki);
    if (devices.has(hex(device))) throw badStatement('the device is there already');
    const live = [...devices.values()].filter((d) => d.revokedSeq === null).length;
    if (live >= LIMITS.accountDevices) throw new SottoError('limit_reached', 'devices');
    const { seq: addedSeq, at: addedAt } = statement;
    return devices.set(hex(device), { device, spki, addedSeq, addedAt, revokedSeq: null, keys: [] });
  }
  const id = hex(fromB64(statement.device));
  const device = liveDevice(chain, id);
  if (device === null) throw new SottoError('unknown_device', 'not live in this chain');
  if (statement.type === 'device.revoke') {
    return devices.set(id, { ...device, revokedSeq: statement.seq });
  }
  const { number, seq } = statement;
  if (number !== (device.keys.at(-1)?.number ?? 0) + 1) throw badStatement('key number');
  const spki = fromB64(statement.key);
  const key: EncryptionKey = { keyId: await keyIdOf(spki), number, spki, seq };
  return devices.set(id, { ...device, keys: [...device.keys, key] });
}

/** The chain after a statement, and the key whose signature is yet to be checked. */
async function follow(
  chain: KeyChain | null,
  signed: SignedStatement,
): Promise<{ chain: KeyChain; signer: Bytes }> {
  const statement = parseStatement(signed.bytes);
  const seq = (chain?.seq ?? 0) + 1;
  if (statement.seq !== seq || !equal(fromB64(statement.prev), chainHead(chain))) {
    throw new SottoError('chain_stale', `expected position ${seq}`);
  }
  if (statement.type === 'account.create') {
    if (chain !== null) throw badStatement('account.create stands first only');
    const begun = await beginKeyChain(signed, statement);
    return { chain: begun, signer: begun.accountKey };
  }
  if (chain === null) throw badStatement('the chain must begin with account.create');
  if (!equal(fromB64(statement.account), chain.account)) throw badStatement('another account');
  if (seq > LIMITS.keyChainStatements) throw new SottoError('limit_reached', 'key list');
  const signer = signerOf(chain, statement);
  const devices = await devicesAfter(chain, statement);
  const links = [...chain.links, await statementLink(signed.bytes)];
  return { chain: { ...chain, seq, links, devices }, signer };
}

/**
 * Checks one statement against the chain so far and returns the longer chain. Throws `too_large`, `bad_statement`,
 * `bad_signature`, `device_revoked`, `unknown_device`, `chain_stale` (it does not follow this chain) or `limit_reached`.
 */
export async function extendKeyChain(chain: KeyChain | null, signed: SignedStatement): Promise<KeyChain> {
  const next = await follow(chain, signed);
  await checkSignature(signed, next.signer);
  return next.chain;
}

/**
 * As `extendKeyChain` for many statements at once, all or none, with one signature checked for each key that signed: its
 * newest. That one covers, through the links, every byte of the earlier statements of the same key, so a forged one among
 * them would need the key too; what may pass is a damaged signature that nothing depends on. A year of weekly encryption
 * keys costs two verifications instead of fifty-four. Servers, who admit statements one by one, check every signature.
 */
export async function readKeyChain(
  chain: KeyChain | null,
  statements: readonly SignedStatement[],
): Promise<KeyChain | null> {
  const newest = new Map<Bytes, SignedStatement>();
  let next = chain;
  for (const signed of statements) {
    const followed = await follow(next, signed);
    next = followed.chain;
    newest.set(followed.signer, signed);
  }
  await Promise.all([...newest].map(([signer, signed]) => checkSignature(signed, signer)));
  return next;
}

export interface RecipientKey {
  readonly device: Bytes;
  readonly keyId: Bytes;
  readonly spki: Bytes;
}

/** True when the device was admitted at or before position `seq` and not revoked by then. */
export function isLiveAt(chain: KeyChain, device: Bytes, seq: number): boolean {
  const found = chain.devices.get(hex(device));
  return (
    found !== undefined && found.addedSeq <= seq && (found.revokedSeq === null || found.revokedSeq > seq)
  );
}

/** The devices live at position `seq`, each with its newest encryption key then; one without a key is left out. */
export function recipientKeysAt(chain: KeyChain, seq: number): RecipientKey[] {
  const out: RecipientKey[] = [];
  for (const device of chain.devices.values()) {
    const newest = device.keys.filter((key) => key.seq <= seq).at(-1);
    if (newest !== undefined && isLiveAt(chain, device.device, seq)) {
      out.push({ device: device.device, keyId: newest.keyId, spki: newest.spki });
    }
  }
  return out;
}
