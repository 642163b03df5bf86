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

/** The body of a kind-4 envelope. Throws `keys_stale` where a device's key cannot be used. */
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

/** Throws `bad_envelope` where the body is no grant. */
export function parseHistoryGrant(body: Bytes): HistoryGrant {
  try {
    const value = JSON.parse(utf8Decode(body)) as Record<string, unknown>;
    const wraps = (value.wraps as { device: string; keyId: string; wrap: string }[]).map((w) => ({
      device: fromB64(w.device),
      keyId: fromB64(w.keyId),
      wrap: fromB64(w.wrap),
    }));
    const to = fromB64(value.to as string);
    const since = value.since as number;
    if (value.v !== 1 || to.length !== 16) throw new TypeError('to');
    if (!Number.isSafeInteger(since) || since < 1) throw new TypeError('since');
    return {
      to,
      since,
      nonce: fromB64(value.nonce as string),
      bundle: fromB64(value.bundle as string),
      wraps,
    };
  } catch (error) {
    throw new SottoError('bad_envelope', `history grant: ${(error as Error).message}`);
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
  if (opened === null) return null;
  try {
    const list = JSON.parse(utf8Decode(opened)) as [number, string][];
    return list.map(([epoch, secret]) => ({ epoch, secret: fromB64(secret) }));
  } catch {
    return null;
  }
}
