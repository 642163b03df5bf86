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
import { Gate } from './gate.ts';
import { createApp } from './http/app.ts';
import { guardHandshakes } from './http/handshakes.ts';
import { Handles } from './keys/handles.ts';
import type { ServerKeys } from './keys/server-keys.ts';
import { createLimiters } from './limiters.ts';
import { FanOut } from './live/fan-out.ts';
import { Followers } from './live/followers.ts';
import { LetIn } from './live/let-in.ts';
import { Presence } from './live/presence.ts';
import { Receipts } from './live/receipts.ts';
import { cutOffSlowReaders } from './live/slow-readers.ts';
import { Sweep } from './live/sweep.ts';
import type { Log } from './log.ts';
import { Metrics } from './metrics.ts';
import { ALONE } from './neighbours/neighbours.ts';
import { RedisNeighbours } from './neighbours/redis-neighbours.ts';
import type { RedisLink } from './redis/link.ts';
import { KeyChains } from './rooms/key-chains.ts';
import { MembershipFolds } from './rooms/membership-folds.ts';
import { RoomChains } from './rooms/room-chains.ts';
import { Summaries } from './rooms/summaries.ts';
import { StartFault } from './start-fault.ts';
import { StoreHealth } from './store-health.ts';

const HANDSHAKES_AT_ONCE = 64;
/** A page is a mebibyte at most. */
const READS_AT_ONCE = 32;

export interface Replica {
  /** With the real port. */
  readonly url: string;
  readonly port: number;
  /** The graceful stop; resolves when everything is closed. Again is harmless. */
  close(): Promise<void>;
}

/** What a replica is made of from outside; it closes the store and the link when it stops. */
export interface ReplicaParts {
  readonly config: ReplicaConfig;
  readonly store: Store;
  /** To the other replicas; none where the store is this replica's alone. */
  readonly link?: RedisLink | null;
  readonly keys: ServerKeys;
  readonly log: Log;
}

export async function runReplica({ config, store, link = null, keys, log }: ReplicaParts): Promise<Replica> {
  let draining = false;
  const isDraining = () => draining;
  const metrics = new Metrics();
  const health = new StoreHealth(store, log, () => void fanOut.compareHeads());
  const notReady = async () => (draining ? 'stopping' : health.notReady());
  const http = createServer(createApp({ notReady, metrics, log, webDir: config.webDir }));
  const io = new Server(http, {
    serveClient: false,
    // Ciphertext does not compress; trying costs 5 to 11 times the CPU.
    perMessageDeflate: false,
    httpCompression: false,
    // Past `frameBytes` a frame is refused with a reason; past this Socket.IO drops the connection without one.
    maxHttpBufferSize: LIMITS.frameReadBytes,
    connectTimeout: LIMITS.handshakeTimeoutMs,
  });
  guardHandshakes(io, { ...config, draining: isDraining });

  const neighbours = link === null ? null : new RedisNeighbours(io, link);
  const others = neighbours ?? ALONE;
  const sessions = new Sessions();
  const chains = new RoomChains(store, log);
  const folds = new MembershipFolds(store);
  const keyChains = new KeyChains(store);
  const summaries = new Summaries(store, chains);
  const followers = new Followers(store, metrics, others);
  const receipts = new Receipts(keys.signKey, log);
  const forgetAll = () => {
    for (const cache of [chains, folds, keyChains]) cache.forgetAll();
  };
  const rolledBack = () => {
    log.error(
      'the store has fewer entries than it had: it was restored or broke its promise; all clients are sent to look',
    );
    forgetAll();
    followers.forgetAll();
    for (const session of sessions.all()) session.close();
  };
  const fanOut = new FanOut({
    ...{ io, store, chains, summaries, sessions, followers, receipts, metrics, log, rolledBack },
  });
  const letIn = new LetIn({ store, sessions, followers, summaries, fanOut });
  const presence = new Presence({ store, sessions, followers, neighbours: others, letIn });
  const sweep = new Sweep({ store, sessions, letIn, log });
  const underWay = new Set<Promise<unknown>>();
  const parts: ConnectionParts = {
    ...{ config, store, keys, log, metrics, sessions, chains, folds, keyChains, summaries, followers },
    ...{ fanOut, letIn, presence, neighbours: others, underWay, health },
    handles: new Handles(keys),
    limiters: createLimiters(config, keys.limitKey, link?.publisher ?? null),
    draining: isDraining,
    handshakes: new Gate(HANDSHAKES_AT_ONCE),
    reads: new Gate(READS_AT_ONCE),
  };
  if (link !== null) {
    neighbours?.listen(presence, log);
    link.on({
      missed: () => sweep.hurry(),
      restarted() {
        forgetAll();
        void fanOut.compareHeads();
      },
    });
    health.watch();
    sweep.start();
  }
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
    for (const part of [health, sweep, fanOut, receipts]) part.stop();
    stopCutting();
    // Keep-alive connections and peers that never close would hold the server open.
    http.closeAllConnections();
    await io.close();
    await store.close();
    link?.close();
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
