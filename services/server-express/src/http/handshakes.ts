/**
 * What a load balancer in front sees of new connections: which replica made one, and that a stopping one makes none. Requests of
 * connections that exist pass.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { LIMITS } from '@sotto/protocol';
import type { Server } from 'socket.io';

export const ROUTE_COOKIE = 'sotto_route';

interface HandshakeOptions {
  readonly draining: () => boolean;
  /** See `ReplicaConfig.route`. */
  readonly route: string | null;
  readonly trustedProxies: number;
}

export function guardHandshakes(io: Server, { draining, route, trustedProxies }: HandshakeOptions): void {
  // Not Engine.IO's own refusal: that is a 4xx, which no balancer takes to the next replica.
  io.engine.use((request: IncomingMessage, response: ServerResponse, next: () => void) => {
    if (!draining() || isOfConnection(request)) next();
    else if (request.headers.upgrade === undefined) turnAway(response);
    else turnAwayUpgrade(request.socket);
  });
  if (route === null) return;
  io.engine.on('initial_headers', (headers: Record<string, string>, request: IncomingMessage) => {
    headers['Set-Cookie'] = routeCookie(route, trustedProxies > 0 ? request.headers : {});
  });
}

/** It names the replica and nobody else: the same value for all of its clients. */
function routeCookie(route: string, headers: IncomingMessage['headers']): string {
  const secure = headers['x-forwarded-proto'] === 'https' ? '; Secure' : '';
  return `${ROUTE_COOKIE}=${route}; Path=/socket.io/; HttpOnly; SameSite=Lax${secure}`;
}

const isOfConnection = ({ url = '' }: IncomingMessage): boolean =>
  new URL(url, 'http://replica').searchParams.has('sid');

const RETRY_AFTER_S = Math.ceil(LIMITS.drainSpreadMs / 1000);

function turnAway(response: ServerResponse): void {
  response
    .writeHead(503, { 'Retry-After': RETRY_AFTER_S, Connection: 'close', 'Content-Type': 'text/plain' })
    .end('stopping\n');
}

function turnAwayUpgrade(socket: Socket): void {
  socket.on('error', () => undefined);
  const head = ['HTTP/1.1 503 Service Unavailable', `Retry-After: ${RETRY_AFTER_S}`, 'Content-Length: 0'];
  socket.end(`${[...head, 'Connection: close'].join('\r\n')}\r\n\r\n`);
}
