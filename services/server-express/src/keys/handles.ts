/**
 * Handles are never stored in the clear: look-ups go by a keyed hash, and the handle itself is sealed to its account, so a
 * copied database names nobody.
 */
import {
  aesOpen,
  aesSeal,
  type Bytes,
  concat,
  hmac,
  label,
  randomBytes,
  utf8,
  utf8Decode,
} from '@sotto/protocol';
import type { ServerKeys } from './server-keys.ts';

const AAD = label('sotto/1/server/handle');
/** All handles are sealed at one length: a short one is as rare as it is short. */
const PADDED = 32;

export class Handles {
  readonly #indexKey: Bytes;
  readonly #sealKey: CryptoKey;

  constructor(keys: Pick<ServerKeys, 'handleIndexKey' | 'handleSealKey'>) {
    this.#indexKey = keys.handleIndexKey;
    this.#sealKey = keys.handleSealKey;
  }

  /** 32 bytes: the key of look-ups. */
  index(handle: string): Promise<Bytes> {
    return hmac(this.#indexKey, utf8(handle));
  }

  /** nonce || AES-256-GCM of the padded handle, bound to the account. */
  async seal(account: Bytes, handle: string): Promise<Bytes> {
    const nonce = randomBytes(12);
    const sealed = await aesSeal(
      this.#sealKey,
      nonce,
      concat(AAD, account),
      utf8(handle.padEnd(PADDED, ' ')),
    );
    return concat(nonce, sealed);
  }

  /** Throws where the bytes were not sealed for this account under this key. */
  async open(account: Bytes, sealed: Bytes): Promise<string> {
    const opened = await aesOpen(this.#sealKey, sealed.slice(0, 12), concat(AAD, account), sealed.slice(12));
    if (opened === null) throw new Error('a stored handle cannot be opened: were the server keys replaced?');
    return utf8Decode(opened).trimEnd();
  }
}
