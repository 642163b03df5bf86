/** What an account's backup holds, by name. The server sees the names (rooms and epochs it knows anyway), never the content. */
import { type Bytes, b64, fromB64 } from '@sotto/protocol';

/** The account key's private half, PKCS #8: admits new devices. */
export const ACCOUNT_KEY = 'account-key';

const EPOCH = /^epoch\/([\w-]{22})\/([1-9]\d{0,15})$/;
const VERIFIED = /^verified\/([\w-]{22})$/;

/** An epoch's secret, 32 bytes. `room`: base64url. */
export const epochItem = (room: string, epoch: number): string => `epoch/${room}/${epoch}`;

/** The fingerprint of somebody whose safety number was compared, 32 bytes; empty: taken back. */
export const verifiedItem = (account: string): string => `verified/${account}`;

export interface RestoredItems {
  readonly accountKey: Bytes | null;
  readonly epochs: readonly { room: string; epoch: number; secret: Bytes }[];
  readonly verified: readonly { account: string; fingerprint: string }[];
}

/** Sorts opened items; those of unknown names are a newer client's. */
export function sortItems(items: readonly { name: string; content: Bytes }[]): RestoredItems {
  let accountKey: Bytes | null = null;
  const epochs: { room: string; epoch: number; secret: Bytes }[] = [];
  const verified: { account: string; fingerprint: string }[] = [];
  for (const { name, content } of items) {
    const [epoch, person] = [EPOCH.exec(name), VERIFIED.exec(name)];
    if (name === ACCOUNT_KEY) accountKey = content;
    else if (epoch !== null && content.length === 32) {
      epochs.push({ room: b64(fromB64(epoch[1] as string)), epoch: Number(epoch[2]), secret: content });
    } else if (person !== null && content.length === 32) {
      verified.push({ account: person[1] as string, fingerprint: b64(content) });
    }
  }
  return { accountKey, epochs, verified };
}
