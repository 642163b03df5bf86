/**
 * Identifiers. Accounts, devices and encryption keys are named by a hash of their public key, so a server
 * cannot put another key behind a known name. A room's name binds its creator in the same way.
 */
import { type Bytes, label, utf8 } from './bytes.ts';
import { hashShort, randomBytes } from './crypto.ts';

export const ID_BYTES = 16;

const ACCOUNT = label('sotto/1/account');
const DEVICE = label('sotto/1/device');
const KEY = label('sotto/1/key');
const ROOM = label('sotto/1/room-id');
const FINGERPRINT = label('sotto/1/fingerprint');
const HANDLE = label('sotto/1/handle');

const idOf = async (...parts: Bytes[]): Promise<Bytes> => hashShort(...parts).slice(0, ID_BYTES);

/** 16 bytes: which account an account key belongs to. */
export const accountIdOf = (accountKeySpki: Bytes) => idOf(ACCOUNT, accountKeySpki);

/** 16 bytes: which device a device key belongs to. */
export const deviceIdOf = (deviceKeySpki: Bytes) => idOf(DEVICE, deviceKeySpki);

/** 16 bytes: which encryption key an SPKI is. */
export const keyIdOf = (encryptionKeySpki: Bytes) => idOf(KEY, encryptionKeySpki);

/** 16 bytes: a room, from its creator and the 16-byte salt that its `room.create` statement carries. */
export const roomIdOf = (creator: Bytes, salt: Bytes) => idOf(ROOM, creator, salt);

/** 32 bytes: an account key in full, as invite links and safety numbers carry it. */
export const fingerprintOf = async (accountKeySpki: Bytes): Promise<Bytes> =>
  hashShort(FINGERPRINT, accountKeySpki);

/**
 * 32 bytes: the commitment to a handle that `account.create` carries. The handle itself is in no statement,
 * so that the log and the database hold none.
 */
export const handleCommitment = async (account: Bytes, handle: string): Promise<Bytes> =>
  hashShort(HANDLE, account, utf8(handle));

/** A UUIDv7 (RFC 9562 section 5.7), 16 bytes, from a time in milliseconds since the Unix epoch. */
export function messageIdAt(timeMs: number): Bytes {
  const id = randomBytes(16);
  const view = new DataView(id.buffer);
  view.setUint16(0, Math.floor(timeMs / 2 ** 32));
  view.setUint32(2, timeMs % 2 ** 32);
  id[6] = ((id[6] as number) & 0x0f) | 0x70;
  id[8] = ((id[8] as number) & 0x3f) | 0x80;
  return id;
}

/** A handle: 2 to 32 of a-z 0-9 _ -, beginning with a letter or digit. ASCII alone, so no look-alikes. */
export const HANDLE_PATTERN = /^[a-z0-9][a-z0-9_-]{1,31}$/;

export const isHandle = (text: string): boolean => HANDLE_PATTERN.test(text);
