/** Envelopes (design section 6): header (228 bytes) || body || signature (384 bytes). Integers are big-endian. */
import { type Bytes, concat, equal, isZero, label, own, u32, utf8, zeros } from './bytes.ts';
import { aesKey, aesOpen, aesSeal, hkdf, RSA_BYTES, randomBytes, sha256, sign, verify } from './crypto.ts';
import { SottoError } from './errors.ts';
import { LIMITS } from './limits.ts';

export const HEADER_BYTES = 228;
export const SIGNATURE_BYTES = RSA_BYTES;
const MAGIC = utf8('SOT1');
const SUITE = 1;
const PADDING = 256;

export const KIND = { message: 1, commit: 2, membership: 3, history: 4 } as const;
export type Kind = (typeof KIND)[keyof typeof KIND];

export interface Header {
  readonly kind: Kind;
  readonly room: Bytes;
  readonly epoch: number;
  /** First half of the epoch's commit hash (kind 2: of the previous commit's); zeros before epoch 1. */
  readonly commit: Bytes;
  readonly account: Bytes;
  readonly device: Bytes;
  /** This device's count of envelopes in this room, from 1. */
  readonly deviceSeq: number;
  /** UUIDv7: the idempotency key. */
  readonly id: Bytes;
  /** The highest sequence that the sender had applied, and the room chain there. */
  readonly head: number;
  readonly headHash: Bytes;
  /** SHA-256 of this device's previous envelope in this room; zeros for the first. */
  readonly previous: Bytes;
  readonly keyCommitment: Bytes;
  readonly nonce: Bytes;
  /** Sender's clock, ms since the Unix epoch. */
  readonly sentAt: number;
}

export interface Envelope {
  readonly bytes: Bytes;
  readonly header: Header;
  readonly headerBytes: Bytes;
  readonly body: Bytes;
  readonly signature: Bytes;
}

export function encodeHeader(h: Header): Bytes {
  const out = new Uint8Array(HEADER_BYTES);
  const view = new DataView(out.buffer);
  out.set(MAGIC, 0);
  out[4] = SUITE;
  out[5] = h.kind;
  out.set(h.room, 8);
  view.setBigUint64(24, BigInt(h.epoch));
  out.set(h.commit, 32);
  out.set(h.account, 48);
  out.set(h.device, 64);
  view.setBigUint64(80, BigInt(h.deviceSeq));
  out.set(h.id, 88);
  view.setBigUint64(104, BigInt(h.head));
  out.set(h.headHash, 112);
  out.set(h.previous, 144);
  out.set(h.keyCommitment, 176);
  out.set(h.nonce, 208);
  view.setBigUint64(220, BigInt(h.sentAt));
  return out;
}

const bad = (why: string) => new SottoError('bad_envelope', why);

/**
 * Takes an envelope apart. Throws `too_large` or `bad_envelope` (which says what is wrong): size, magic,
 * suite, kind, flags, an integer past 2^53, a message without nonce, a plain kind with one. Checks no signature.
 */
export function parseEnvelope(input: Uint8Array): Envelope {
  if (input.length > LIMITS.envelopeBytes) throw new SottoError('too_large', `${input.length} bytes`);
  if (input.length <= HEADER_BYTES + SIGNATURE_BYTES) throw bad('too short');
  const bytes = own(input);
  const view = new DataView(bytes.buffer);
  if (!equal(bytes.subarray(0, 4), MAGIC)) throw bad('does not begin with SOT1');
  if (bytes[4] !== SUITE) throw bad(`unknown suite ${bytes[4]}`);
  const kind = bytes[5] as number;
  if (kind < KIND.message || kind > KIND.history) throw bad(`unknown kind ${kind}`);
  if (view.getUint16(6) !== 0) throw bad('unknown flags');
  const integer = (offset: number, name: string): number => {
    const value = view.getBigUint64(offset);
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw bad(`${name} is out of range`);
    return Number(value);
  };
  const header: Header = {
    kind: kind as Kind,
    room: bytes.slice(8, 24),
    epoch: integer(24, 'epoch'),
    commit: bytes.slice(32, 48),
    account: bytes.slice(48, 64),
    device: bytes.slice(64, 80),
    deviceSeq: integer(80, 'sender sequence'),
    id: bytes.slice(88, 104),
    head: integer(104, 'head'),
    headHash: bytes.slice(112, 144),
    previous: bytes.slice(144, 176),
    keyCommitment: bytes.slice(176, 208),
    nonce: bytes.slice(208, 220),
    sentAt: integer(220, 'time'),
  };
  if (header.deviceSeq < 1) throw bad('sender sequence begins at 1');
  if (((header.id[6] as number) & 0xf0) !== 0x70 || ((header.id[8] as number) & 0xc0) !== 0x80) {
    throw bad('the message id is no UUIDv7');
  }
  const plain = header.kind !== KIND.message;
  if (plain && !(isZero(header.keyCommitment) && isZero(header.nonce)))
    throw bad('a plain kind with a nonce');
  const body = bytes.slice(HEADER_BYTES, bytes.length - SIGNATURE_BYTES);
  if (!plain && (body.length < PADDING + 16 || (body.length - 16) % PADDING !== 0)) throw bad('body length');
  return {
    bytes,
    header,
    headerBytes: bytes.slice(0, HEADER_BYTES),
    body,
    signature: bytes.slice(bytes.length - SIGNATURE_BYTES),
  };
}

const SIGNED = label('sotto/1/envelope');

async function signedBytes(headerBytes: Bytes, body: Bytes): Promise<Bytes> {
  const [headerHash, bodyHash] = await Promise.all([sha256(headerBytes), sha256(body)]);
  return concat(SIGNED, headerHash, bodyHash);
}

/** True when the device key signed exactly this header and body. */
export async function verifyEnvelope(envelope: Envelope, deviceKey: CryptoKey): Promise<boolean> {
  return verify(deviceKey, envelope.signature, await signedBytes(envelope.headerBytes, envelope.body));
}

async function finish(headerBytes: Bytes, body: Bytes, deviceKey: CryptoKey): Promise<Bytes> {
  if (headerBytes.length + body.length + SIGNATURE_BYTES > LIMITS.envelopeBytes) {
    throw new SottoError('too_large', 'message');
  }
  return concat(headerBytes, body, await sign(deviceKey, await signedBytes(headerBytes, body)));
}

/** The digest by which logs, chains and `previous` name an envelope: SHA-256 of all of it. */
export const envelopeDigest = (bytes: Bytes): Promise<Bytes> => sha256(bytes);

/** Header fields that the sealing fills in itself. */
export type DraftHeader = Omit<Header, 'keyCommitment' | 'nonce' | 'kind'>;

/** A signed envelope with a plain JSON body: kinds 2, 3 and 4. */
export function signPlain(
  kind: Exclude<Kind, 1>,
  draft: DraftHeader,
  body: Bytes,
  deviceKey: CryptoKey,
): Promise<Bytes> {
  return finish(
    encodeHeader({ ...draft, kind, keyCommitment: zeros(32), nonce: zeros(12) }),
    body,
    deviceKey,
  );
}

const MESSAGE_INFO = label('sotto/1/message');

/** mk || com = HKDF(senderKey, salt = message id, "sotto/1/message" || 0x00, 64). */
async function messageKeys(senderKey: Bytes, id: Bytes): Promise<{ key: CryptoKey; commitment: Bytes }> {
  const both = await hkdf(senderKey, id, MESSAGE_INFO, 64);
  return { key: await aesKey(both.slice(0, 32)), commitment: both.slice(32) };
}

/** u32 length || payload || zeros to a multiple of 256. */
export function padPayload(payload: Bytes): Bytes {
  const length = Math.ceil((4 + payload.length) / PADDING) * PADDING;
  const out = new Uint8Array(length);
  out.set(u32(payload.length), 0);
  out.set(payload, 4);
  return out;
}

function unpadPayload(padded: Bytes): Bytes | null {
  if (padded.length < 4) return null;
  const length = new DataView(padded.buffer, padded.byteOffset).getUint32(0);
  if (length > padded.length - 4) return null;
  return isZero(padded.subarray(4 + length)) ? padded.slice(4, 4 + length) : null;
}

/** Seals a payload as a message of the device that owns `deviceKey`. `senderKey`: see `senderKeyOf`. */
export async function sealMessage(
  draft: DraftHeader,
  payload: Bytes,
  senderKey: Bytes,
  deviceKey: CryptoKey,
): Promise<Bytes> {
  const { key, commitment } = await messageKeys(senderKey, draft.id);
  const nonce = randomBytes(12);
  const header = encodeHeader({ ...draft, kind: KIND.message, keyCommitment: commitment, nonce });
  return finish(header, await aesSeal(key, nonce, header, padPayload(payload)), deviceKey);
}

/** The payload of a message whose signature was checked, or null where the sender key does not open it. */
export async function openMessage(envelope: Envelope, senderKey: Bytes): Promise<Bytes | null> {
  const { key, commitment } = await messageKeys(senderKey, envelope.header.id);
  if (!equal(commitment, envelope.header.keyCommitment)) return null;
  const padded = await aesOpen(key, envelope.header.nonce, envelope.headerBytes, envelope.body);
  return padded === null ? null : unpadPayload(padded);
}
