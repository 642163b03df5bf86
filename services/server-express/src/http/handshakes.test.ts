import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server } from 'socket.io';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { guardHandshakes } from './handshakes.ts';

let draining: boolean;
let io: Server;
let url: string;

beforeEach(async () => {
  draining = false;
  const http = createServer();
  io = new Server(http, { serveClient: false });
  guardHandshakes(io, { draining: () => draining, route: 'r2', trustedProxies: 1 });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  url = `http://127.0.0.1:${(http.address() as AddressInfo).port}/socket.io/?EIO=4`;
});
afterEach(() => io.close());

const COOKIE = 'sotto_route=r2; Path=/socket.io/; HttpOnly; SameSite=Lax';

/** The answer's status and the cookie that it sets. */
async function upgrade(): Promise<[number | undefined, string[] | undefined]> {
  const headers = {
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
  };
  const asked = request(`${url}&transport=websocket`, { headers }).end();
  return new Promise((resolve, reject) => {
    asked.on('response', ({ statusCode, headers: h }) => resolve([statusCode, h['set-cookie']]));
    asked.on('upgrade', ({ statusCode, headers: h }, socket) => {
      socket.destroy();
      resolve([statusCode, h['set-cookie']]);
    });
    asked.on('error', reject);
  });
}

test('a handshake tells where it went, by either transport', async () => {
  const polled = await fetch(`${url}&transport=polling`);
  expect([polled.status, polled.headers.get('set-cookie')]).toEqual([200, COOKIE]);
  const secure = await fetch(`${url}&transport=polling`, { headers: { 'X-Forwarded-Proto': 'https' } });
  expect(secure.headers.get('set-cookie')).toBe(`${COOKIE}; Secure`);
  expect(await upgrade()).toEqual([101, [COOKIE]]);
});

test('a stopping replica sends new connections on with 503 and keeps those it has', async () => {
  const first = await fetch(`${url}&transport=polling`);
  const { sid } = JSON.parse((await first.text()).slice(1)) as { sid: string };
  draining = true;
  const polled = await fetch(`${url}&transport=polling`);
  expect([polled.status, polled.headers.get('retry-after')]).toEqual([503, '4']);
  expect(await upgrade()).toEqual([503, undefined]);
  const sent = await fetch(`${url}&transport=polling&sid=${sid}`, { method: 'POST', body: '40' });
  expect(sent.status).toBe(200);
});
