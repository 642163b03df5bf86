/** Epochs (design section 6): one random secret per room and epoch, and the keys that follow from it. */
import { type Bytes, concat, label, u64, zeros } from './bytes.ts';
import { hashShort, hkdf, oaepUnwrap, oaepWrap, randomBytes } from './crypto.ts';

export const newEpochSecret = (): Bytes => randomBytes(32);

const COMMIT_INFO = label('sotto/1/commit');
const SENDER_INFO = label('sotto/1/sender');
const WRAP_LABEL = label('sotto/1/wrap');

/** What a commit says of its secret, so that no two recipients can be given different ones. */
export const secretCommitment = (secret: Bytes): Promise<Bytes> => hkdf(secret, zeros(32), COMMIT_INFO, 32);

/** The key of one device in one epoch. `commitHash` is SHA-256 of the commit's whole envelope. */
export const senderKeyOf = (secret: Bytes, commitHash: Bytes, device: Bytes): Promise<Bytes> =>
  hkdf(secret, commitHash, concat(SENDER_INFO, device), 32);

/** What a wrap is bound to, besides the key that it is made for. */
export interface WrapContext {
  readonly room: Bytes;
  readonly epoch: number;
  readonly committer: Bytes;
  readonly recipient: Bytes;
  readonly keyId: Bytes;
  readonly commitment: Bytes;
}

const wrapLabel = (c: WrapContext): Bytes =>
  hashShort(concat(WRAP_LABEL, c.room, u64(c.epoch), c.committer, c.recipient, c.keyId, c.commitment));

/** RSA-OAEP of the epoch secret to one device: 384 bytes. */
export const wrapSecret = (key: CryptoKey, secret: Bytes, context: WrapContext): Promise<Bytes> =>
  oaepWrap(key, secret, wrapLabel(context));

/** The secret, or null. Check the commit's signature and the wrap's place in its tree before calling. */
export const unwrapSecret = (key: CryptoKey, wrap: Bytes, context: WrapContext): Promise<Bytes | null> =>
  oaepUnwrap(key, wrap, wrapLabel(context));
