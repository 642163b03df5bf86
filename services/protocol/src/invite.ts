/**
 * Invites (design section 6, Trust). The link carries a secret; the secret opens the invite's own RSA-PSS key, which
 * the log holds sealed and whose public half stands in `invite.create`. The joiner signs its own account with
 * that key, so every member and every server can check the join from the log alone, and none can make one.
 */
import { type Bytes, b64, concat, fromB64, label, utf8, utf8Decode } from './bytes.ts';
import {
  aesKey,
  aesOpen,
  aesSeal,
  exportPkcs8,
  exportSpki,
  generateSigningPair,
  hkdf,
  importSigningKey,
  randomBytes,
  sign,
} from './crypto.ts';
import { ID_BYTES } from './identity.ts';
import { joinProofBytes } from './membership.ts';

/** What only holders of the link learn of a room before joining. */
export interface InvitePreview {
  readonly roomName: string;
  readonly inviterHandle: string;
}

export interface InviteLink {
  readonly invite: Bytes;
  /** The inviter's account key in full (see `fingerprintOf`). */
  readonly fingerprint: Bytes;
  readonly secret: Bytes;
}

const SEAL_INFO = label('sotto/1/invite');
const aadOf = (room: Bytes, invite: Bytes) => concat(SEAL_INFO, room, invite);
const sealKey = async (secret: Bytes, invite: Bytes) => aesKey(await hkdf(secret, invite, SEAL_INFO, 32));

/** `origin` + "/i#" + invite id "." fingerprint "." secret, base64url. What follows # never reaches a server. */
export const formatInviteLink = (origin: string, link: InviteLink): string =>
  `${origin.replace(/\/$/, '')}/i#${b64(link.invite)}.${b64(link.fingerprint)}.${b64(link.secret)}`;

/** The parts of a link (or of what follows its #); null where it is none. */
export function parseInviteLink(text: string): InviteLink | null {
  const parts = text
    .slice(text.indexOf('#') + 1)
    .trim()
    .split('.');
  if (parts.length !== 3) return null;
  try {
    const [invite, fingerprint, secret] = parts.map(fromB64) as [Bytes, Bytes, Bytes];
    if (invite.length !== ID_BYTES || fingerprint.length !== 32 || secret.length !== 32) return null;
    return { invite, fingerprint, secret };
  } catch {
    return null;
  }
}

export interface NewInvite {
  readonly invite: Bytes;
  readonly secret: Bytes;
  /** SPKI for `invite.create`. */
  readonly key: Bytes;
  /** nonce || AES-256-GCM of {privateKey, roomName, inviterHandle}, for `invite.create`. */
  readonly sealed: Bytes;
}

/** Makes an invite. Costs one RSA pair (0.3 to 0.5 s) unless `pair` (extractable) is given. */
export async function makeInvite(
  room: Bytes,
  preview: InvitePreview,
  pair?: CryptoKeyPair,
): Promise<NewInvite> {
  const { privateKey, publicKey } = pair ?? (await generateSigningPair(true));
  const invite = randomBytes(ID_BYTES);
  const secret = randomBytes(32);
  const nonce = randomBytes(12);
  const content = { privateKey: b64(await exportPkcs8(privateKey)), ...preview };
  const ciphertext = await aesSeal(
    await sealKey(secret, invite),
    nonce,
    aadOf(room, invite),
    utf8(JSON.stringify(content)),
  );
  return { invite, secret, key: await exportSpki(publicKey), sealed: concat(nonce, ciphertext) };
}

/** What a link's secret opens; null where the sealed bytes are not those of this link and room. */
export async function openInvite(
  room: Bytes,
  link: InviteLink,
  sealed: Bytes,
): Promise<{ key: CryptoKey; preview: InvitePreview } | null> {
  const key = await sealKey(link.secret, link.invite);
  const opened = await aesOpen(key, sealed.slice(0, 12), aadOf(room, link.invite), sealed.slice(12));
  if (opened === null) return null;
  try {
    const value = JSON.parse(utf8Decode(opened)) as { privateKey: string } & InvitePreview;
    return {
      key: await importSigningKey(fromB64(value.privateKey), false),
      preview: { roomName: String(value.roomName), inviterHandle: String(value.inviterHandle) },
    };
  } catch {
    return null;
  }
}

/** The joiner's proof for `member.join`. */
export const proveJoin = (
  key: CryptoKey,
  room: Bytes,
  invite: Bytes,
  account: Bytes,
  fingerprint: Bytes,
): Promise<Bytes> => sign(key, joinProofBytes(room, invite, account, fingerprint));
