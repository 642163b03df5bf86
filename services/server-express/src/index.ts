/** @sotto/server-express: a replica as a value, for tests and for `main.ts`. Importing it does nothing. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openSqliteStore, type Store } from '@sotto/log';
import { DEFAULTS, type ReplicaConfig } from './config.ts';
import { keyFile } from './keys/key-file.ts';
import { type KeySource, keyMaterialOf, serverKeysOf } from './keys/server-keys.ts';
import { createLog } from './log.ts';
import { type Replica, runReplica } from './replica.ts';
import { StartFault } from './start-fault.ts';

export type { Replica, ReplicaConfig };
export { keyMaterialOf };

/** Where the web client's build lies in this repository. */
export const WEB_DIR = fileURLToPath(new URL('../../../web/dist', import.meta.url));

export interface StartOptions extends Partial<ReplicaConfig> {
  readonly dataDir: string;
  /** Instead of the key file in the data folder: a Secret on a cluster, a pool in tests. */
  readonly keySource?: KeySource;
}

/**
 * Opens the store and the keys in `dataDir` (made where they are missing) and listens. Everything but `dataDir` has a default;
 * the port's is 8080, 0 takes a free one. Rejects with `StartFault`, whose message is for the person who started it.
 *
 * @example
 * const replica = await startReplica({ dataDir: folder, port: 0, logLevel: 'warn' });
 * // … connect to replica.url …
 * await replica.close();
 */
export async function startReplica(options: StartOptions): Promise<Replica> {
  const { keySource, ...given } = options;
  const config: ReplicaConfig = { ...DEFAULTS, webDir: WEB_DIR, ...given };
  const log = createLog(config.logLevel);
  try {
    mkdirSync(config.dataDir, { recursive: true });
  } catch (error) {
    throw new StartFault(`The data folder ${config.dataDir} cannot be made (${(error as Error).message}).`);
  }
  const database = join(config.dataDir, 'sotto.db');
  const material = await (keySource ?? (() => keyFile(join(config.dataDir, 'server-keys.json'), database)))();
  const keys = await serverKeysOf(material);
  const store = await openStore(database);
  try {
    return await runReplica({ config, store, keys, log });
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** A database that cannot be opened is named and left as it is. */
async function openStore(path: string): Promise<Store> {
  try {
    return await openSqliteStore(path);
  } catch (error) {
    const { message } = error as Error;
    const sentence = `The database ${path} cannot be opened and was left as it is (${message}).`;
    throw new StartFault(message.includes(path) ? message : sentence);
  }
}
