import { afterAll, beforeAll } from 'vitest';
import { describeAccounts } from '../../conformance/accounts.ts';
import { describeLog } from '../../conformance/log.ts';
import { RedisServer } from '../../testing/redis-server.ts';
import { openRedisStore } from './store.ts';

let server: RedisServer;
let made = 0;
beforeAll(async () => {
  server = await RedisServer.start();
});
afterAll(() => server.remove());

const fresh = () => openRedisStore({ url: server.url, namespace: `t${++made}` });

describeLog('Redis', fresh);
describeAccounts('Redis', fresh);
