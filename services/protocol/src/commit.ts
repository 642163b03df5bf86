/** Epoch commits, kind 2 (design section 6): the signed statement that makes an epoch, and its recipients' tree. */
import { type Bytes, b64, equal, fromB64, utf8 } from './bytes.ts';
import { hashShort, importWrapKey, sha256 } from './crypto.ts';
import { newEpochSecret, secretCommitment, wrapSecret } from './epoch.ts';
import { SottoError } from './errors.ts';
import type { RecipientKey } from './key-chain.ts';
import { LIMITS } from './limits.ts';
import { leafHash, merkleRoot } from './merkle.ts';
import { parseShape, type Shape } from './shape.ts';

export interface CommitBody {
  readonly epoch: number;
  /** Whole hash of the previous commit's envelope; zeros for epoch 1. */
  readonly previous: Bytes;
  /** Hash of the membership state that it wraps to (see `MembershipState.hash`). */
  readonly membership: Bytes;
  /** Root over the recipients' leaves, in ascending order of device id. */
  readonly root: Bytes;
  readonly count: number;
  readonly commitment: Bytes;
}

export interface Wrap {
  readonly device: Bytes;
  readonly keyId: Bytes;
  readonly wrap: Bytes;
}

/** A recipient as every member may see it: which key of which device, and the hash of its wrap. */
export interface Recipient {
  readonly device: Bytes;
  readonly keyId: Bytes;
  readonly wrapHash: Bytes;
}

export function encodeCommit(c: CommitBody): Bytes {
  return utf8(
    JSON.stringify({
      v: 1,
      epoch: c.epoch,
      previous: b64(c.previous),
      membership: b64(c.membership),
      root: b64(c.root),
      count: c.count,
      commitment: b64(c.commitment),
    }),
  );
}

const SHAPE: Shape = {
  epoch: 'count',
  previous: 'hash',
  membership: 'hash',
  root: 'hash',
  count: 'count',
  commitment: 'hash',
};
const bad = (why: string) => new SottoError('bad_envelope', `commit: ${why}`);

/** Throws `bad_envelope` where the body is no commit or counts more recipients than a room may have. */
export function parseCommit(body: Bytes): CommitBody {
  const value = parseShape(body, SHAPE, bad) as Record<string, string> & { epoch: number; count: number };
  if (value.count > LIMITS.roomDevices) throw bad('count');
  const hash = (name: string): Bytes => fromB64(value[name] as string);
  return {
    epoch: value.epoch,
    previous: hash('previous'),
    membership: hash('membership'),
    root: hash('root'),
    count: value.count,
    commitment: hash('commitment'),
  };
}

/** Byte-wise order of device ids: the order of the leaves. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const difference = (a[i] as number) - (b[i] as number);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** leaf = SHA-256(0x00 || device id || key id || SHA-256(wrap)). */
export const recipientLeaf = async (r: Recipient): Promise<Bytes> => leafHash(r.device, r.keyId, r.wrapHash);

/** Root over recipients in any order; sorts a copy. */
export async function recipientsRoot(recipients: readonly Recipient[]): Promise<Bytes> {
  const sorted = [...recipients].sort((a, b) => compareBytes(a.device, b.device));
  return merkleRoot(await Promise.all(sorted.map(recipientLeaf)));
}

export const recipientOf = async (wrap: Wrap): Promise<Recipient> => ({
  device: wrap.device,
  keyId: wrap.keyId,
  wrapHash: await sha256(wrap.wrap),
});

/** True when two sets name the same devices with the same keys. */
export function sameKeys(
  a: readonly { device: Bytes; keyId: Bytes }[],
  b: readonly { device: Bytes; keyId: Bytes }[],
): boolean {
  if (a.length !== b.length) return false;
  const sort = (list: typeof a) => [...list].sort((x, y) => compareBytes(x.device, y.device));
  const other = sort(b);
  return sort(a).every((one, i) => {
    const two = other[i] as { device: Bytes; keyId: Bytes };
    return equal(one.device, two.device) && equal(one.keyId, two.keyId);
  });
}

export interface NewEpoch {
  readonly secret: Bytes;
  readonly body: CommitBody;
  /** In ascending order of device id, as the tree has them. */
  readonly wraps: readonly Wrap[];
}

/** Where a new epoch follows on. */
export interface EpochContext {
  readonly room: Bytes;
  readonly epoch: number;
  readonly previous: Bytes;
  readonly membership: Bytes;
  readonly committer: Bytes;
}

/**
 * Makes an epoch: a fresh secret, wrapped to every recipient. `importKey` turns an SPKI into a key; a caller
 * with many rooms passes a cache. Throws `keys_stale` where a recipient's key cannot be used.
 */
export async function makeEpoch(
  followsOn: EpochContext,
  recipients: readonly RecipientKey[],
  importKey: (recipient: RecipientKey) => Promise<CryptoKey | null> = (r) => importWrapKey(r.spki),
): Promise<NewEpoch> {
  const { room, epoch, previous, membership, committer } = followsOn;
  const secret = newEpochSecret();
  const commitment = await secretCommitment(secret);
  const sorted = [...recipients].sort((a, b) => compareBytes(a.device, b.device));
  const leaves: Bytes[] = [];
  // All at once: a window would wake this thread for every wrap, which costs half as much again as wrapping.
  const wraps = await Promise.all(
    sorted.map(async (recipient, i): Promise<Wrap> => {
      const { device, keyId } = recipient;
      const key = await importKey(recipient);
      if (key === null) throw new SottoError('keys_stale', 'a key cannot be used');
      const context = { room, epoch, committer, recipient: device, keyId, commitment };
      const wrap = await wrapSecret(key, secret, context);
      leaves[i] = leafHash(device, keyId, hashShort(wrap));
      return { device, keyId, wrap };
    }),
  );
  const root = await merkleRoot(leaves);
  return { secret, body: { epoch, previous, membership, root, count: sorted.length, commitment }, wraps };
}
