/** A replica in this process, over the real store, in a folder of its own; its RSA pairs come from the pool. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unsafeEncryptionPair, unsafeSigningPair } from '@sotto/protocol/testing';
import { keyMaterialOf, type Replica, type StartOptions, startReplica } from '../../src/index.ts';
import type { KeyMaterial } from '../../src/keys/server-keys.ts';

export interface TestReplica extends Replica {
  readonly dataDir: string;
  /** Stops it and removes its folder. */
  dispose(): Promise<void>;
}

let material: Promise<KeyMaterial> | null = null;

/** The last of the pool; people begin at the first. */
export function testMaterial(): Promise<KeyMaterial> {
  material ??= Promise.all([unsafeSigningPair(47), unsafeEncryptionPair(47)]).then(([s, e]) =>
    keyMaterialOf(s, e),
  );
  return material;
}

export async function testReplica(options: Partial<StartOptions> = {}): Promise<TestReplica> {
  const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), 'sotto-server-'));
  const replica = await startReplica({
    port: 0,
    logLevel: 'silent',
    keySource: testMaterial,
    ...options,
    dataDir,
  });
  return {
    ...replica,
    dataDir,
    async dispose() {
      await replica.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
