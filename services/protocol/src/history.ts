/**
 * History grants, kind 4 (design section 6): a member gives a newcomer the secrets of epochs before the join: a bundle under a
 * fresh AES key, that key wrapped to each of the newcomer's devices. Every member sees that it was given.
 */
import { type Bytes, b64, concat, equal, fromB64, label, u64, utf8, utf8Decode } from './bytes.ts';
import {
  aesKey,
  aesOpen,
  aesSeal,
  importWrapKey,
  oaepUnwrap,
  oaepWrap,
  randomBytes,
  sha256,
} from './crypto.ts';
import { SottoError } from './errors.ts';
import type { RecipientKey } from './key-chain.ts';
import { parseShape, type Shape } from './shape.ts';

export interface EpochSecret {
  readonly epoch: number;
  readonly secret: Bytes;
}

export interface HistoryGrant {
  /** The account it is for. */
  readonly to: Bytes;
  /** The lowest sequence that it opens to the account. */
  readonly since: number;
  readonly nonce: Bytes;
  readonly bundle: Bytes;
  readonly wraps: readonly { device: Bytes; keyId: Bytes; wrap: Bytes }[];
}

const LABEL = label('sotto/1/history');
const wrapLabel = (room: Bytes, device: Bytes, keyId: Bytes) => sha256(concat(LABEL, room, device, keyId));
const aadOf = (room: Bytes, to: Bytes, since: number) => concat(LABEL, room, to, u64(since));

/** The body of a kind-4 envelope, of at least one secret and device. Throws `keys_stale` where a device's key cannot be used. */
export async function encodeHistoryGrant(
  room: Bytes,
  to: Bytes,
  since: number,
  secrets: readonly EpochSecret[],
  devices: readonly RecipientKey[],
): Promise<Bytes> {
  const key = randomBytes(32);
  const nonce = randomBytes(12);
  const list = secrets.map(({ epoch, secret }) => [epoch, b64(secret)]);
  const bundle = await aesSeal(await aesKey(key), nonce, aadOf(room, to, since), utf8(JSON.stringify(list)));
  const wraps = await Promise.all(
    devices.map(async (d) => {
      const wrapKey = await importWrapKey(d.spki);
      if (wrapKey === null) throw new SottoError('keys_stale', 'a key cannot be used');
      const wrap = await oaepWrap(wrapKey, key, await wrapLabel(room, d.device, d.keyId));
      return { device: b64(d.device), keyId: b64(d.keyId), wrap: b64(wrap) };
    }),
  );
  return utf8(JSON.stringify({ v: 1, to: b64(to), since, nonce: b64(nonce), bundle: b64(bundle), wraps }));
}

const SHAPE: Shape = { to: 'id', since: 'count', nonce: 'nonce', bundle: 'sealed', wraps: 'wraps' };
const bad = (why: string) => new SottoError('bad_envelope', `history grant: ${why}`);

/** Throws `bad_envelope` where the body is no grant. */
export function parseHistoryGrant(body: Bytes): HistoryGrant {
  const value = parseShape(body, SHAPE, bad) as {
    to: string;
    since: number;
    nonce: string;
    bundle: string;
    wraps: { device: string; keyId: string; wrap: string }[];
  };
  return {
    to: fromB64(value.to),
    since: value.since,
    nonce: fromB64(value.nonce),
    bundle: fromB64(value.bundle),
    wraps: value.wraps.map((w) => ({
      device: fromB64(w.device),
      keyId: fromB64(w.keyId),
      wrap: fromB64(w.wrap),
    })),
  };
}

/** The list that a bundle holds: [[epoch, secret] ...]; null where it is another thing. */
function parseBundle(opened: Bytes): EpochSecret[] | null {
  try {
    const list = JSON.parse(utf8Decode(opened)) as [number, string][];
    const secrets = list.map(([epoch, secret]) => ({ epoch, secret: fromB64(secret) }));
    return secrets.every((s) => Number.isSafeInteger(s.epoch) && s.epoch >= 1 && s.secret.length === 32)
      ? secrets
      : null;
  } catch {
    return null;
  }
}

/** The secrets of a grant for one device, or null. Each is to be checked against its commit's commitment. */
export async function openHistoryGrant(
  room: Bytes,
  grant: HistoryGrant,
  device: Bytes,
  keyId: Bytes,
  key: CryptoKey,
): Promise<EpochSecret[] | null> {
  const mine = grant.wraps.find((w) => equal(w.device, device) && equal(w.keyId, keyId));
  if (mine === undefined) return null;
  const bundleKey = await oaepUnwrap(key, mine.wrap, await wrapLabel(room, device, keyId));
  if (bundleKey === null || bundleKey.length !== 32) return null;
  const aad = aadOf(room, grant.to, grant.since);
  const opened = await aesOpen(await aesKey(bundleKey), grant.nonce, aad, grant.bundle);
  return opened === null ? null : parseBundle(opened);
}
