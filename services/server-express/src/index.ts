/** @sotto/server-express: a replica as a value, for tests and for `main.ts`. Importing it does nothing. */
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openRedisStore, openSqliteStore, type Store, StoreFault } from '@sotto/log';
import { SottoError } from '@sotto/protocol';
import { DEFAULTS, type ReplicaConfig } from './config.ts';
import { keyFile } from './keys/key-file.ts';
import { type KeySource, keyMaterialOf, type ServerKeys, serverKeysOf } from './keys/server-keys.ts';
import { createLog, type Log } from './log.ts';
import { claimRedis } from './redis/claim.ts';
import { RedisLink } from './redis/link.ts';
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
  /** Redis came back as another store: nothing of this replica holds any more, and a new one must take its place. */
  readonly onReplaced?: (sentence: string) => void;
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
  const { keySource, onReplaced = () => undefined, ...given } = options;
  const config: ReplicaConfig = { ...DEFAULTS, webDir: WEB_DIR, ...given };
  const log = createLog(config.logLevel);
  try {
    mkdirSync(config.dataDir, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new StartFault(`The data folder ${config.dataDir} cannot be made (${(error as Error).message}).`);
  }
  const database = config.redisUrl === null ? join(config.dataDir, 'sotto.db') : null;
  const keysPath = config.keysFile ?? join(config.dataDir, 'server-keys.json');
  const isLost = database !== null && existsSync(keysPath) && !existsSync(database);
  const keys = await serverKeysOf(await (keySource ?? (() => keyFile(keysPath, database)))());
  if (isLost)
    log.warn({ database }, 'there are server keys but no database beside them: an empty one is begun');
  const { store, link } = await openStorage(config, database, keys, log, onReplaced);
  try {
    return await runReplica({ config, store, link, keys, log });
  } catch (error) {
    await store.close();
    link?.close();
    throw error;
  }
}

/** The store, and with Redis the link to the other replicas. */
async function openStorage(
  { redisUrl }: ReplicaConfig,
  database: string | null,
  keys: ServerKeys,
  log: Log,
  onReplaced: (sentence: string) => void,
): Promise<{ store: Store; link: RedisLink | null }> {
  if (redisUrl === null) return { store: await openDatabase(database as string), link: null };
  const store = await openRedis(redisUrl, onReplaced);
  let link: RedisLink | null = null;
  try {
    link = await RedisLink.open(redisUrl, log);
    await claimRedis(link.publisher, keys.server);
    return { store, link };
  } catch (error) {
    link?.close();
    await store.close();
    throw error;
  }
}

async function openRedis(url: string, onReplaced: (sentence: string) => void): Promise<Store> {
  try {
    return await openRedisStore({ url, onReplaced });
  } catch (error) {
    if (error instanceof StoreFault || error instanceof SottoError)
      throw new StartFault(`The Redis at ${new URL(url).host} cannot be used: ${error.message}`);
    throw error;
  }
}

/** A database that cannot be opened is named and left as it is. */
async function openDatabase(path: string): Promise<Store> {
  try {
    return await openSqliteStore(path);
  } catch (error) {
    const { message } = error as Error;
    const sentence = `The database ${path} cannot be opened and was left as it is (${message}).`;
    throw new StartFault(message.includes(path) ? message : sentence);
  }
}
