/**
 * Key chains (design section 4): each account's append-only, hash-linked list of signed statements. A statement
 * travels as the exact bytes that were signed and the signature; nobody re-serialises it.
 * State is a value: `extendKeyChain` takes one and returns the next.
 */
import { type Bytes, b64, concat, equal, fromB64, hex, label, utf8, zeros } from './bytes.ts';
import { importVerifyKey, sha256, sign, verify } from './crypto.ts';
import { SottoError } from './errors.ts';
import { accountIdOf, deviceIdOf, fingerprintOf, keyIdOf } from './identity.ts';
import { LIMITS } from './limits.ts';
import { checkSize, parseTyped, type Shape } from './shape.ts';

/** The signed bytes (UTF-8 JSON of a `Statement`) and the RSA-PSS signature over them. */
export interface SignedStatement {
  readonly bytes: Bytes;
  readonly signature: Bytes;
}

interface StatementBase {
  v: 1;
  /** Account id, base64url of 16 bytes. */
  account: string;
  /** Position in the chain, from 1, dense. */
  seq: number;
  /** Link of the previous statement, base64url of 32 bytes; zeros at 1. */
  prev: string;
  /** Signer's clock, ms since the Unix epoch. Informative only. */
  at: number;
}

export type Statement = StatementBase &
  (
    | { type: 'account.create'; accountKey: string; handle: string }
    | { type: 'device.add'; deviceKey: string }
    /** `by` names the live device that signs; without it the account key does. */
    | { type: 'device.revoke'; device: string; by?: string }
    | { type: 'key.publish'; device: string; number: number; key: string }
  );

/** A statement's own part: what its author chooses; account, position, link and time are filled in by the chain. */
export type StatementBody =
  | { type: 'account.create'; accountKey: string; handle: string }
  | { type: 'device.add'; deviceKey: string }
  | { type: 'device.revoke'; device: string; by?: string }
  | { type: 'key.publish'; device: string; number: number; key: string };

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

const LINK = new Uint8Array([0x03]);
const SIGNED = label('sotto/1/statement');

/** 32 bytes that the next statement's `prev` names: SHA-256(0x03 || statement bytes). */
export const statementLink = (bytes: Bytes): Promise<Bytes> => sha256(concat(LINK, bytes));

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
  return { bytes, signature: await sign(signer, concat(SIGNED, bytes)) };
}

const fail = (why: string) => new SottoError('bad_statement', why);

const STATEMENT: Shape = { account: 'id', seq: 'count', prev: 'hash', at: 'time' };
const SHAPES: Readonly<Record<StatementBody['type'], Shape>> = {
  'account.create': { ...STATEMENT, accountKey: 'spki', handle: 'hash' },
  'device.add': { ...STATEMENT, deviceKey: 'spki' },
  'device.revoke': { ...STATEMENT, device: 'id', by: 'id?' },
  'key.publish': { ...STATEMENT, device: 'id', number: 'count', key: 'spki' },
};

/** The statement behind signed bytes. Throws `too_large` or `bad_statement`. Checks no signature. */
export function parseStatement(bytes: Bytes): Statement {
  checkSize(bytes, LIMITS.statementBytes, 'statement');
  return parseTyped(bytes, SHAPES, fail) as unknown as Statement;
}

const liveDevice = (chain: KeyChain, id: string): Device | null => {
  const device = chain.devices.get(id);
  return device !== undefined && device.revokedSeq === null ? device : null;
};

/** Keys of chains in memory, each imported once. By the bytes' identity: the chain that holds them never changes them. */
const imported = new WeakMap<Bytes, Promise<CryptoKey | null>>();

function verifyKeyOf(spki: Bytes): Promise<CryptoKey | null> {
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
  if (key === null) throw fail('the key is no RSA key of 3072 bits');
  if (!(await verify(key, signed.signature, concat(SIGNED, signed.bytes)))) {
    throw new SottoError('bad_signature', 'statement');
  }
}

async function beginKeyChain(
  signed: SignedStatement,
  statement: Extract<Statement, { type: 'account.create' }>,
): Promise<KeyChain> {
  const account = fromB64(statement.account);
  const accountKey = fromB64(statement.accountKey);
  if (!equal(account, await accountIdOf(accountKey))) throw fail('account id is not that of its key');
  await checkSignature(signed, accountKey);
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

/** The devices after a statement that is signed as it must be. */
async function applyStatement(
  chain: KeyChain,
  statement: Exclude<Statement, { type: 'account.create' }>,
): Promise<Map<string, Device>> {
  const devices = new Map(chain.devices);
  if (statement.type === 'device.add') {
    const spki = fromB64(statement.deviceKey);
    const device = await deviceIdOf(spki);
    if (devices.has(hex(device))) throw fail('the device is there already');
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
  if (number !== (device.keys.at(-1)?.number ?? 0) + 1) throw fail('key number');
  const spki = fromB64(statement.key);
  const key: EncryptionKey = { keyId: await keyIdOf(spki), number, spki, seq };
  return devices.set(id, { ...device, keys: [...device.keys, key] });
}

/**
 * Checks one statement against the chain so far and returns the longer chain. Throws `too_large`, `bad_statement`,
 * `bad_signature`, `device_revoked`, `unknown_device`, `chain_stale` (it does not follow this chain) or `limit_reached`.
 */
export async function extendKeyChain(chain: KeyChain | null, signed: SignedStatement): Promise<KeyChain> {
  const statement = parseStatement(signed.bytes);
  const seq = (chain?.seq ?? 0) + 1;
  if (statement.seq !== seq || !equal(fromB64(statement.prev), chainHead(chain))) {
    throw new SottoError('chain_stale', `expected position ${seq}`);
  }
  if (statement.type === 'account.create') {
    if (chain !== null) throw fail('account.create stands first only');
    return beginKeyChain(signed, statement);
  }
  if (chain === null) throw fail('the chain must begin with account.create');
  if (!equal(fromB64(statement.account), chain.account)) throw fail('another account');
  if (seq > LIMITS.keyChainStatements) throw new SottoError('limit_reached', 'key list');
  await checkSignature(signed, signerOf(chain, statement));
  const devices = await applyStatement(chain, statement);
  return { ...chain, seq, links: [...chain.links, await statementLink(signed.bytes)], devices };
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
