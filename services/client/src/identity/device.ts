/** Who this device is: its rows and private keys in the storage. */
import { aesKeyKept, type Bytes, b64, fromB64, hex, randomBytes } from '@sotto/protocol';
import type { Change, Storage } from '../store/port.ts';

/** An encryption key of this device, besides its private half. */
export interface EncryptionKeyRow {
  /** base64url. */
  readonly keyId: string;
  /** By this device's clock, ms since the Unix epoch. */
  readonly madeAt: number;
  /** null: the newest. */
  readonly replacedAt: number | null;
}

interface DeviceRow {
  readonly account: string;
  readonly device: string;
  readonly handle: string;
}

export interface Device {
  readonly account: Bytes;
  readonly device: Bytes;
  readonly handle: string;
  readonly deviceKey: CryptoKey;
  /** Seals what the device keeps. */
  readonly storeKey: CryptoKey;
  readonly backupKey: CryptoKey;
  /** By hexadecimal key id. */
  readonly unwrapKeys: Map<string, CryptoKey>;
  encryptionKeys: readonly EncryptionKeyRow[];
}

/** A fresh key to seal this device's own rows with. */
export const newStoreKey = (storage: Storage): Promise<CryptoKey> =>
  aesKeyKept(randomBytes(32), storage.exportsKeys);

const unwrapName = (keyId: string): string => `unwrap/${keyId}`;

/** null where no account lives here. */
export async function loadDevice(storage: Storage): Promise<Device | null> {
  const row = await storage.get<DeviceRow>('meta', 'device');
  if (row === undefined) return null;
  const key = async (name: string): Promise<CryptoKey> => {
    const found = await storage.get<CryptoKey>('keys', name);
    if (found === undefined) throw new Error(`this device has lost its key "${name}"`);
    return found;
  };
  const encryptionKeys = (await storage.get<EncryptionKeyRow[]>('meta', 'encryption-keys')) ?? [];
  const unwrapKeys = new Map<string, CryptoKey>();
  for (const { keyId } of encryptionKeys) unwrapKeys.set(hex(fromB64(keyId)), await key(unwrapName(keyId)));
  return {
    account: fromB64(row.account),
    device: fromB64(row.device),
    handle: row.handle,
    deviceKey: await key('device'),
    storeKey: await key('store'),
    backupKey: await key('backup'),
    unwrapKeys,
    encryptionKeys,
  };
}

/** What makes a new device stand on the disk. */
export function deviceChanges(device: Device): Change[] {
  const row: DeviceRow = { account: b64(device.account), device: b64(device.device), handle: device.handle };
  return [
    { table: 'meta', key: 'device', value: row },
    { table: 'keys', key: 'device', value: device.deviceKey },
    { table: 'keys', key: 'store', value: device.storeKey },
    { table: 'keys', key: 'backup', value: device.backupKey },
    ...encryptionKeyChanges(device),
  ];
}

/** The encryption keys as they stand now. */
export function encryptionKeyChanges({ encryptionKeys, unwrapKeys }: Device): Change[] {
  const keys = encryptionKeys.map(({ keyId }) => ({
    table: 'keys' as const,
    key: unwrapName(keyId),
    value: unwrapKeys.get(hex(fromB64(keyId))),
  }));
  return [{ table: 'meta', key: 'encryption-keys', value: encryptionKeys }, ...keys];
}

/** What destroys the private half of an encryption key. */
export const forgetKeyChange = (keyId: string): Change => ({
  table: 'keys',
  key: unwrapName(keyId),
  value: undefined,
});
