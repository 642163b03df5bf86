/** Readiness, which a cluster acts upon: it fails while the replica stops and while the store cannot be reached. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { SottoError } from '@sotto/protocol';
import { expect, test } from 'vitest';
import { createLog } from '../log.ts';
import { Metrics } from '../metrics.ts';
import { createApp } from './app.ts';

const up = () => Promise.resolve();
const down = () => Promise.reject(new SottoError('unavailable'));

test.each([
  ['serving', { draining: false, ping: up, readyz: 200 }],
  ['stopping', { draining: true, ping: up, readyz: 503 }],
  ['without its store', { draining: false, ping: down, readyz: 503 }],
])('%s', async (_name, { draining, ping, readyz }) => {
  const parts = { store: { ping }, metrics: new Metrics(), log: createLog('silent'), webDir: 'nowhere' };
  const server = createApp({ ...parts, draining: () => draining }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  expect((await fetch(`${url}/readyz`)).status).toBe(readyz);
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
  server.close();
  server.closeAllConnections();
});
