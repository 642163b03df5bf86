/** Rows whose content is sealed under the device's store key (AES-256-GCM): on the disk lies no secret and nothing that was said. */
import {
  aesOpen,
  aesSeal,
  type Bytes,
  b64,
  concat,
  fromB64,
  label,
  randomBytes,
  SottoError,
  utf8,
  utf8Decode,
} from '@sotto/protocol';

const AAD = label('sotto/1/store');
const NONCE_BYTES = 12;
/** Marks a byte string inside JSON. */
const BYTES = '$bytes';

const toJson = (_key: string, value: unknown): unknown =>
  value instanceof Uint8Array ? { [BYTES]: b64(value) } : value;

function fromJson(_key: string, value: unknown): unknown {
  const text = (value as { [BYTES]?: unknown } | null)?.[BYTES];
  return typeof text === 'string' ? fromB64(text) : value;
}

export class Vault {
  readonly #key: CryptoKey;

  constructor(key: CryptoKey) {
    this.#key = key;
  }

  /** `name` binds the content to its row: moved to another one it does not open. Plain data, byte strings included. */
  async seal(name: string, value: unknown): Promise<Bytes> {
    const nonce = randomBytes(NONCE_BYTES);
    const plain = utf8(JSON.stringify(value, toJson));
    return concat(nonce, await aesSeal(this.#key, nonce, concat(AAD, utf8(name)), plain));
  }

  /** Throws where the row was changed or belongs to another device. */
  async open<T>(name: string, sealed: Bytes): Promise<T> {
    const aad = concat(AAD, utf8(name));
    const opened = await aesOpen(this.#key, sealed.slice(0, NONCE_BYTES), aad, sealed.slice(NONCE_BYTES));
    if (opened === null)
      throw new SottoError('internal', `what this device keeps under ${name} cannot be opened`);
    return JSON.parse(utf8Decode(opened), fromJson) as T;
  }
}
