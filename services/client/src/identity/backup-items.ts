/** What an account's backup holds, by name. The server sees the names (rooms and epochs it knows anyway), never the content. */
import { type Bytes, b64, fromB64, utf8Decode } from '@sotto/protocol';

/** The account key's private half, PKCS #8: admits new devices. */
export const ACCOUNT_KEY = 'account-key';

const EPOCH = /^epoch\/([\w-]{22})\/([1-9]\d{0,15})$/;
const VERIFIED = /^verified\/([\w-]{22})$/;
const CALLED = /^called\/([\w-]{22})$/;

/** An epoch's secret, 32 bytes. `room`: base64url. */
export const epochItem = (room: string, epoch: number): string => `epoch/${room}/${epoch}`;

/** The fingerprint of somebody whose safety number was compared, 32 bytes; empty: taken back. */
export const verifiedItem = (account: string): string => `verified/${account}`;

/** What the invite called a room, UTF-8: the account's other devices cannot read it anywhere else. */
export const calledItem = (room: string): string => `called/${room}`;

export interface RestoredItems {
  readonly accountKey: Bytes | null;
  readonly epochs: readonly { room: string; epoch: number; secret: Bytes }[];
  readonly verified: readonly { account: string; fingerprint: string }[];
  readonly called: readonly { room: string; name: string }[];
}

/** Sorts opened items; those of unknown names are a newer client's. */
export function sortItems(items: readonly { name: string; content: Bytes }[]): RestoredItems {
  let accountKey: Bytes | null = null;
  const epochs: { room: string; epoch: number; secret: Bytes }[] = [];
  const verified: { account: string; fingerprint: string }[] = [];
  const called: { room: string; name: string }[] = [];
  for (const { name, content } of items) {
    const [epoch, person, room] = [EPOCH.exec(name), VERIFIED.exec(name), CALLED.exec(name)];
    if (name === ACCOUNT_KEY) accountKey = content;
    else if (epoch !== null && content.length === 32) {
      epochs.push({ room: b64(fromB64(epoch[1] as string)), epoch: Number(epoch[2]), secret: content });
    } else if (person !== null && content.length === 32) {
      verified.push({ account: person[1] as string, fingerprint: b64(content) });
    } else if (room !== null) called.push({ room: room[1] as string, name: utf8Decode(content) });
  }
  return { accountKey, epochs, verified, called };
}
