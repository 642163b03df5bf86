/**
 * A TCP relay on loopback between clients and a replica: it records every byte of both directions and can cut the line,
 * hold one direction back (an answer that never arrives) or reset connections. There is no TLS on it, so what it records is
 * what anybody between an ingress and a pod would see.
 */
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';

/** `up`: client to server. `down`: server to client. */
export type Direction = 'up' | 'down';

export interface RelayOptions {
  readonly targetPort: number;
  /** Each connection's directions go to `<n>.up` and `<n>.down` in this folder; null records nothing. */
  readonly captureDir: string | null;
  readonly port?: number;
}

export interface Relay {
  readonly port: number;
  readonly url: string;
  /** Bytes that are held back now in a direction, over all connections. */
  held(direction: Direction): number;
  /** From `afterBytes` more bytes of each connection on, nothing of this direction gets through; it is recorded all the same. */
  hold(direction: Direction, afterBytes?: number): void;
  /** Lets held bytes go, in order, and all that follow. */
  release(direction: Direction): void;
  /** Resets every connection; what was held is lost. New ones are welcome. */
  reset(): void;
  /** Resets every connection and every new one, until `mend`. */
  cut(): void;
  mend(): void;
  close(): Promise<void>;
}

interface Line {
  readonly client: Socket;
  readonly server: Socket;
  readonly files: Readonly<Record<Direction, number | null>>;
  readonly held: Record<Direction, Buffer[]>;
  readonly passed: Record<Direction, number>;
  /** `passed` at which holding begins; null where nothing is held. */
  readonly limit: Record<Direction, number | null>;
}

export async function startRelay(options: RelayOptions): Promise<Relay> {
  const lines = new Set<Line>();
  const holding: Record<Direction, number | null> = { up: null, down: null };
  let isCut = false;
  let count = 0;
  if (options.captureDir !== null) mkdirSync(options.captureDir, { recursive: true });

  const open = (name: string): number | null =>
    options.captureDir === null ? null : openSync(join(options.captureDir, name), 'a');

  const end = (line: Line): void => {
    if (!lines.delete(line)) return;
    line.client.resetAndDestroy();
    line.server.resetAndDestroy();
    for (const file of [line.files.up, line.files.down]) if (file !== null) closeSync(file);
  };

  const pump = (line: Line, direction: Direction): void => {
    const [from, to] = direction === 'up' ? [line.client, line.server] : [line.server, line.client];
    from.on('data', (chunk: Buffer) => {
      const file = line.files[direction];
      if (file !== null) writeSync(file, chunk);
      const limit = line.limit[direction];
      const free =
        limit === null ? chunk.length : Math.max(0, Math.min(chunk.length, limit - line.passed[direction]));
      line.passed[direction] += free;
      if (free < chunk.length) line.held[direction].push(chunk.subarray(free));
      if (free > 0 && !to.write(chunk.subarray(0, free))) {
        from.pause();
        to.once('drain', () => from.resume());
      }
    });
    from.on('end', () => to.end());
    from.on('error', () => end(line));
    from.on('close', () => {
      if (line.client.destroyed && line.server.destroyed) end(line);
    });
  };

  const listener = createServer({ allowHalfOpen: true }, (client) => {
    if (isCut) {
      client.on('error', () => {});
      client.resetAndDestroy();
      return;
    }
    count++;
    const line: Line = {
      client,
      server: connect({ host: '127.0.0.1', port: options.targetPort, allowHalfOpen: true, noDelay: true }),
      files: { up: open(`${count}.up`), down: open(`${count}.down`) },
      held: { up: [], down: [] },
      passed: { up: 0, down: 0 },
      limit: { ...holding },
    };
    client.setNoDelay(true);
    lines.add(line);
    pump(line, 'up');
    pump(line, 'down');
  });

  await new Promise<void>((resolve, reject) => {
    listener.once('error', reject);
    listener.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  const { port } = listener.address() as AddressInfo;

  const reset = (): void => {
    for (const line of [...lines]) end(line);
  };

  return {
    port,
    url: `http://127.0.0.1:${port}`,
    held: (direction) => {
      let bytes = 0;
      for (const line of lines) for (const chunk of line.held[direction]) bytes += chunk.length;
      return bytes;
    },
    hold(direction, afterBytes = 0) {
      holding[direction] = afterBytes;
      for (const line of lines) line.limit[direction] = line.passed[direction] + afterBytes;
    },
    release(direction) {
      holding[direction] = null;
      for (const line of lines) {
        line.limit[direction] = null;
        const to = direction === 'up' ? line.server : line.client;
        for (const chunk of line.held[direction].splice(0)) {
          line.passed[direction] += chunk.length;
          to.write(chunk);
        }
      }
    },
    reset,
    cut() {
      isCut = true;
      reset();
    },
    mend() {
      isCut = false;
    },
    async close() {
      const closed = new Promise<void>((resolve) => listener.close(() => resolve()));
      reset();
      await closed;
    },
  };
}
