import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { createLog } from '../log.ts';
import { Metrics } from '../metrics.ts';
import { createApp } from './app.ts';

test.each([
  [null, 200, 'ready\n'],
  ['stopping', 503, 'stopping\n'],
  ['the store does not answer', 503, 'the store does not answer\n'],
])('not ready because %s', async (why, status, text) => {
  const parts = { metrics: new Metrics(), log: createLog('silent'), webDir: 'nowhere' };
  const server = createApp({ ...parts, notReady: async () => why }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const ready = await fetch(`${url}/readyz`);
  expect([ready.status, await ready.text()]).toEqual([status, text]);
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
  server.close();
  server.closeAllConnections();
});
