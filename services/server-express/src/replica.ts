/** One replica: its parts put together, its sockets opened, and the order in which it stops. */
import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Store } from '@sotto/log';
import { LIMITS } from '@sotto/protocol';
import { Server } from 'socket.io';
import type { ReplicaConfig } from './config.ts';
import { Connection, type ConnectionParts } from './connection/connection.ts';
import { Sessions } from './connection/sessions.ts';
import { drain } from './drain.ts';
import { createApp } from './http/app.ts';
import { Handles } from './keys/handles.ts';
import type { ServerKeys } from './keys/server-keys.ts';
import { createLimiters } from './limiters.ts';
import { FanOut } from './live/fan-out.ts';
import { Followers } from './live/followers.ts';
import { Presence } from './live/presence.ts';
import { Receipts } from './live/receipts.ts';
import { cutOffSlowReaders } from './live/slow-readers.ts';
import type { Log } from './log.ts';
import { Metrics } from './metrics.ts';
import { KeyChains } from './rooms/key-chains.ts';
import { MembershipFolds } from './rooms/membership-folds.ts';
import { RoomChains } from './rooms/room-chains.ts';
import { Summaries } from './rooms/summaries.ts';
import { StartFault } from './start-fault.ts';

export interface Replica {
  /** With the real port. */
  readonly url: string;
  readonly port: number;
  /** The graceful stop; resolves when everything is closed. Again is harmless. */
  close(): Promise<void>;
}

/** What a replica is made of from outside; it closes the store when it stops. */
export interface ReplicaParts {
  readonly config: ReplicaConfig;
  readonly store: Store;
  readonly keys: ServerKeys;
  readonly log: Log;
}

export async function runReplica({ config, store, keys, log }: ReplicaParts): Promise<Replica> {
  let draining = false;
  const isDraining = () => draining;
  const metrics = new Metrics();
  const app = createApp({ store, metrics, log, webDir: config.webDir, draining: isDraining });
  const http = createServer(app);
  const io = new Server(http, {
    serveClient: false,
    // Ciphertext does not compress; trying costs 5 to 11 times the CPU.
    perMessageDeflate: false,
    httpCompression: false,
    // Past `frameBytes` a frame is refused with a reason; past this Socket.IO drops the connection without one.
    maxHttpBufferSize: LIMITS.frameReadBytes,
    connectTimeout: LIMITS.handshakeTimeoutMs,
    allowRequest: (_request, answer) => answer(draining ? 'draining' : null, !draining),
  });

  const sessions = new Sessions();
  const chains = new RoomChains(store, log);
  const summaries = new Summaries(store, chains);
  const followers = new Followers(store, metrics);
  const receipts = new Receipts(keys.signKey, log);
  const fanOut = new FanOut({ io, store, chains, summaries, sessions, followers, receipts, metrics, log });
  const underWay = new Set<Promise<unknown>>();
  const parts: ConnectionParts = {
    config,
    store,
    keys,
    log,
    metrics,
    sessions,
    chains,
    summaries,
    followers,
    fanOut,
    underWay,
    folds: new MembershipFolds(store),
    keyChains: new KeyChains(store),
    presence: new Presence(store, sessions, followers),
    handles: new Handles(keys),
    limiters: createLimiters(config),
    draining: isDraining,
  };
  fanOut.start();
  const stopCutting = cutOffSlowReaders(io, metrics);
  io.on('connection', (socket) => {
    metrics.connections.inc();
    socket.on('disconnect', () => metrics.connections.dec());
    new Connection(parts, socket);
  });
  const port = await listen(http, config);

  const stop = async (): Promise<void> => {
    draining = true;
    log.info({ connections: sessions.all().size }, 'stopping');
    await drain({ io, sessions, underWay });
    fanOut.stop();
    receipts.stop();
    stopCutting();
    // Keep-alive connections and peers that never close would hold the server open.
    http.closeAllConnections();
    await io.close();
    await store.close();
    log.info('stopped');
  };
  let stopped: Promise<void> | null = null;
  const host = config.host.includes(':') ? `[${config.host}]` : config.host;
  return {
    url: `http://${host}:${port}`,
    port,
    close() {
      stopped ??= stop();
      return stopped;
    },
  };
}

async function listen(http: HttpServer, { host, port }: ReplicaConfig): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    http.once('error', (error: NodeJS.ErrnoException) => {
      const why = error.code === 'EADDRINUSE' ? 'something else listens there' : error.message;
      reject(new StartFault(`Cannot listen on ${host}:${port}: ${why}.`));
    });
    http.listen(port, host, resolve);
  });
  return (http.address() as AddressInfo).port;
}
