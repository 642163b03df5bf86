/**
 * Peers that do not read what they are sent: Socket.IO keeps it all for them, so a few of them could take a replica's memory.
 * They are cut off; what they missed is in the log, and they read it from there.
 */
import type { Server, Socket } from 'socket.io';
import { closeTransport } from '../connection/session.ts';
import type { Metrics } from '../metrics.ts';

/** Eight pages of the log at their largest, and then some. */
const MAX_BACKLOG_BYTES = 16 * 1024 * 1024;
const EVERY_MS = 1000;
/** Most connections have next to nothing waiting; only of the others the bytes are counted. */
const WORTH_COUNTING = 8;

interface Backlog {
  readonly writeBuffer: readonly { readonly data?: { readonly length: number } }[];
}

function backlogBytes(socket: Socket): number {
  const { writeBuffer } = socket.conn as unknown as Backlog;
  if (writeBuffer.length < WORTH_COUNTING) return 0;
  return writeBuffer.reduce((sum, packet) => sum + (packet.data?.length ?? 0), 0);
}

/** Looks once a second. Answers a way to stop. */
export function cutOffSlowReaders(io: Server, metrics: Metrics): () => void {
  const timer = setInterval(() => {
    for (const socket of io.sockets.sockets.values()) {
      if (backlogBytes(socket) <= MAX_BACKLOG_BYTES) continue;
      metrics.cutOff.inc({ code: 'slow_reader' });
      // No last word: it would wait behind all that is not read.
      closeTransport(socket, true);
    }
  }, EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
}
