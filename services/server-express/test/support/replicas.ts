/** Several replicas in this process over one real redis-server, with the same server keys. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RedisServer } from '../../../log/testing/redis-server.ts';
import { type StartOptions, startReplica } from '../../src/index.ts';
import type { Replica } from '../../src/replica.ts';
import { testMaterial } from './replica.ts';

export interface Replicas {
  readonly redis: RedisServer;
  readonly all: readonly Replica[];
  /** One more, over the same Redis. */
  add(options?: Partial<StartOptions>): Promise<Replica>;
  dispose(): Promise<void>;
}

export async function startReplicas(count: number, options: Partial<StartOptions> = {}): Promise<Replicas> {
  const redis = await RedisServer.start();
  const dataDir = mkdtempSync(join(tmpdir(), 'sotto-replicas-'));
  const all: Replica[] = [];
  const add = async (more: Partial<StartOptions> = {}): Promise<Replica> => {
    const common = { port: 0, logLevel: 'silent', keySource: testMaterial, redisUrl: redis.url } as const;
    const replica = await startReplica({ ...common, dataDir, ...options, ...more });
    all.push(replica);
    return replica;
  };
  for (let i = 0; i < count; i++) await add();
  return {
    redis,
    all,
    add,
    async dispose() {
      await Promise.all(all.map((replica) => replica.close()));
      await redis.remove();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
