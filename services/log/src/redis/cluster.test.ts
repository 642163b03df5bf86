/** Three shards on a server in cluster mode, which refuses any call whose keys lie in more than one slot. */
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { describeAccounts } from '../../conformance/accounts.ts';
import { describeLog } from '../../conformance/log.ts';
import { codeOf, person, Room } from '../../conformance/world.ts';
import { RedisServer } from '../../testing/redis-server.ts';
import { Keys } from './keys.ts';
import { openRedisStore } from './store.ts';

const SHARDS = 3;
let server: RedisServer;
let redis: Redis;
let made = 0;

beforeAll(async () => {
  server = await RedisServer.start(['--cluster-enabled', 'yes']);
  redis = new Redis(server.url);
  await redis.cluster('ADDSLOTSRANGE', 0, 16383);
  await vi.waitFor(async () => expect(await redis.cluster('INFO')).toContain('cluster_state:ok'), 10_000);
});
afterAll(async () => {
  redis.disconnect();
  await server.remove();
});

const open = (namespace: string) => openRedisStore({ url: server.url, namespace, shards: SHARDS });
const fresh = () => open(`t${++made}`);

describeLog('Redis in three shards', fresh);
describeAccounts('Redis in three shards', fresh);

test('another number of shards than at birth is refused', async () => {
  const namespace = `t${++made}`;
  await (await open(namespace)).close();
  const other = openRedisStore({ url: server.url, namespace, shards: 2 });
  await expect(other).rejects.toThrow('born with 3 shards');
});

test('a revocation that one replica stored and taught nobody is taught by the next', async () => {
  const namespace = `t${++made}`;
  const store = await open(namespace);
  const keys = new Keys(namespace, SHARDS);
  const alice = await person(store);
  const rooms = await Promise.all(
    Array.from({ length: 12 }, async () => {
      const room = new Room(store);
      await room.create(alice);
      return room;
    }),
  );
  expect(new Set(rooms.map(({ room }) => keys.shardOf(room))).size).toBe(SHARDS);
  // What `extendChain` does before it teaches, and then the replica is dead.
  const home = [keys.account(0, alice.account), keys.devices(0, alice.account), keys.chain(alice.account)];
  const change = ['revoke', Buffer.from(alice.device), ''];
  await redis.fcall(
    'sotto_v1_extend_chain',
    4,
    ...home,
    keys.pending(),
    ...[Buffer.from(alice.account), 4, 'statement', '1', ...change],
  );
  await vi.waitFor(
    async () => {
      expect(await redis.hlen(keys.pending())).toBe(0);
    },
    { timeout: 12_000, interval: 200 },
  );
  for (const room of rooms) expect(codeOf(await room.commit(alice, [alice]))).toBe('device_revoked');
  await store.close();
});
