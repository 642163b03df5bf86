/**
 * This device's encryption key is replaced every 7 days, and the old one destroyed 14 days later, once nothing wrapped to it is still to
 * be opened (design section 4). Whoever takes the device after that reads nothing of the weeks before from the server.
 */
import {
  b64,
  exportSpki,
  extendKeyChain,
  fromB64,
  hex,
  type KeyChain,
  keyIdOf,
  LIMITS,
  SottoError,
  type StatementBody,
  signStatement,
} from '@sotto/protocol';
import type { KeySource } from '../keys.ts';
import type { People } from '../people/people.ts';
import type { Storage } from '../store/port.ts';
import type { Wire } from '../wire.ts';
import { type Device, encryptionKeyChanges, forgetKeyChange } from './device.ts';
import { toWire } from './new-device.ts';

export interface RotationParts {
  readonly device: Device;
  readonly storage: Storage;
  readonly wire: Wire;
  readonly people: People;
  readonly keys: KeySource;
  readonly now: () => number;
}

const TRIES = 5;

/** Signs a statement by this device's key and appends it to the own chain, however often the chain grows meanwhile. */
export async function extendOwnChain(
  parts: Pick<RotationParts, 'device' | 'wire' | 'people' | 'now'>,
  body: (chain: KeyChain) => StatementBody,
): Promise<KeyChain> {
  const { device, wire, people, now } = parts;
  let [chain] = await people.newest([device.account]);
  for (let i = 0; chain !== undefined; i++) {
    const statement = await signStatement(chain, device.account, body(chain), device.deviceKey, now());
    const longer = await extendKeyChain(chain, statement);
    try {
      const [wired] = toWire([statement]);
      if (wired !== undefined) await wire.call('chain.extend', { statement: wired });
      await people.put(longer, device.handle);
      return longer;
    } catch (error) {
      if (!(error instanceof SottoError) || error.code !== 'chain_stale' || i >= TRIES) throw error;
      [chain] = await people.newest([device.account]);
    }
  }
  throw new SottoError('unknown_account');
}

/** True where the newest key has had its time. */
export const isRotationDue = (device: Device, now: number): boolean =>
  device.encryptionKeys.every(
    (key) => key.replacedAt !== null || now - key.madeAt > LIMITS.encryptionKeyAgeMs,
  );

/** A new encryption key, kept before it is published: what is wrapped to it must be openable. */
export async function rotate(parts: RotationParts): Promise<KeyChain> {
  const { device, storage, keys, now } = parts;
  const pair = await keys.encryption(storage.exportsKeys);
  const spki = await exportSpki(pair.publicKey);
  const keyId = await keyIdOf(spki);
  const at = now();
  device.unwrapKeys.set(hex(keyId), pair.privateKey);
  const before = device.encryptionKeys;
  device.encryptionKeys = [...before, { keyId: b64(keyId), madeAt: at, replacedAt: null }];
  await storage.write(encryptionKeyChanges(device));
  const own = b64(device.device);
  const chain = await extendOwnChain(parts, (chain) => ({
    type: 'key.publish',
    device: own,
    number: (chain.devices.get(hex(device.device))?.keys.at(-1)?.number ?? 0) + 1,
    key: b64(spki),
  }));
  device.encryptionKeys = device.encryptionKeys.map((key) =>
    key.keyId === b64(keyId) || key.replacedAt !== null ? key : { ...key, replacedAt: at },
  );
  await storage.write(encryptionKeyChanges(device));
  return chain;
}

/** Destroys keys that were replaced long ago. `outstanding`: something may still have to be opened with an old key. */
export async function destroyOldKeys(
  { device, storage, now }: Pick<RotationParts, 'device' | 'storage' | 'now'>,
  outstanding: () => Promise<boolean>,
): Promise<void> {
  const isOld = (key: Device['encryptionKeys'][number]): boolean =>
    key.replacedAt !== null && now() - key.replacedAt > LIMITS.encryptionKeyKeptMs;
  const old = device.encryptionKeys.filter(isOld);
  if (old.length === 0 || (await outstanding())) return;
  device.encryptionKeys = device.encryptionKeys.filter((key) => !isOld(key));
  for (const { keyId } of old) device.unwrapKeys.delete(hex(fromB64(keyId)));
  await storage.write([...encryptionKeyChanges(device), ...old.map(({ keyId }) => forgetKeyChange(keyId))]);
}
