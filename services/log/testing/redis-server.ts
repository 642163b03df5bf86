/** A redis-server of one's own for a test or a script: a free loopback port, a temporary folder, the product's redis.conf. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const CONF = fileURLToPath(new URL('../redis.conf', import.meta.url));
const READY_WITHIN_MS = 20_000;

/** `redis-server` on PATH, or what SOTTO_REDIS_SERVER names (a valkey-server, say). Throws a sentence. */
export function redisBinary(): string {
  const binary = process.env.SOTTO_REDIS_SERVER ?? 'redis-server';
  if (spawnSync(binary, ['--version']).status === 0) return binary;
  throw new Error(
    `${binary} is missing: install redis-server (7.0 or newer) so that it is on PATH, or name one in SOTTO_REDIS_SERVER.`,
  );
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

/** The same port and folder over any number of starts. */
export class RedisServer {
  readonly port: number;
  readonly folder: string;
  readonly #extra: readonly string[];
  #child: ChildProcess | null = null;

  private constructor(port: number, folder: string, extra: readonly string[]) {
    this.port = port;
    this.folder = folder;
    this.#extra = extra;
  }

  /** `extra`: further settings as on the command line, e.g. `['--appendfsync', 'everysec']`. Resolves once it answers. */
  static async start(extra: readonly string[] = []): Promise<RedisServer> {
    const folder = mkdtempSync(join(tmpdir(), 'sotto-redis-'));
    const server = new RedisServer(await freePort(), folder, extra);
    await server.again();
    return server;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  /** Starts the process that was killed or stopped, on the data it left. */
  async again(): Promise<void> {
    const own = ['--bind', '127.0.0.1', '--port', String(this.port), '--dir', this.folder];
    const args = [CONF, ...own, '--logfile', join(this.folder, 'log'), ...this.#extra];
    const child = spawn(redisBinary(), args, { stdio: 'ignore' });
    this.#child = child;
    const exited = once(child, 'exit').then(() => {
      throw new Error(`redis-server ended at once; see ${join(this.folder, 'log')}.`);
    });
    exited.catch(() => undefined);
    await Promise.race([this.#answers(), exited]);
  }

  async #answers(): Promise<void> {
    const deadline = Date.now() + READY_WITHIN_MS;
    while (Date.now() < deadline) {
      if (await this.#ping()) return;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new Error(`redis-server did not answer within ${READY_WITHIN_MS / 1000} s.`);
  }

  /** False while it does not listen, and while it loads its data. */
  #ping(): Promise<boolean> {
    return new Promise((resolve) => {
      const socket = connect(this.port, '127.0.0.1', () => socket.write('PING\r\n'));
      socket.once('data', (data) => {
        socket.destroy();
        resolve(data.toString().startsWith('+PONG'));
      });
      socket.once('error', () => resolve(false));
    });
  }

  signal(name: NodeJS.Signals): void {
    this.#child?.kill(name);
  }

  /** Ends the process and resolves once it is gone; the data stays. */
  async end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
  }

  /** Ends it and removes its data. */
  async remove(): Promise<void> {
    await this.end('SIGKILL');
    rmSync(this.folder, { recursive: true, force: true });
  }
}
