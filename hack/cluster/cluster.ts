/**
 * A whole cluster on one machine: Redis, replicas over it, NGINX in front. Each program is started again when it dies; all of
 * them end with this process, however it ends.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Guard } from './guard.ts';
import { Kept, type Program } from './kept.ts';
import { answersOk, freePorts, redisAnswers } from './looks.ts';
import { type NginxBuild, nginxBuild, nginxConfig, type Stickiness, type Upstream } from './nginx.ts';
import type { ClusterOptions } from './options.ts';

const MAIN = fileURLToPath(new URL('../../services/server-express/src/main.ts', import.meta.url));
const REDIS_CONF = fileURLToPath(new URL('../../services/log/redis.conf', import.meta.url));
/** A replica takes up to 9 s to see its clients off. */
const REPLICAS_STOP_WITHIN_MS = 10_000;
const OTHERS_STOP_WITHIN_MS = 5000;

/** What is told of a running cluster; processes change when they are started again. */
export interface ClusterState {
  readonly front: string;
  readonly replicas: readonly { kind: 'express'; url: string; pid: number }[];
  readonly redis: { readonly port: number; readonly pid: number };
  readonly nginx: { readonly pid: number };
}

export interface ClusterEvents {
  /** A program died, or serves again after so many ms. */
  changed?(name: string, backAfterMs: number | null): void;
}

export interface Cluster {
  state(): ClusterState;
  /** The address of its Redis and the file of its server keys: for a replica more, started by somebody else. */
  readonly redisUrl: string;
  readonly keysFile: string;
  /** Replicas first, so that their last words still get through; resolves when nothing of it is left. */
  stop(): Promise<void>;
}

interface Installed {
  readonly redis: string;
  readonly nginx: string;
  readonly build: NginxBuild;
}

const runs = (command: string, flag: string): boolean => spawnSync(command, [flag]).status === 0;

/** Throws an Error for people where a program is missing. */
function installed(): Installed {
  const redis = process.env.SOTTO_REDIS_SERVER ?? 'redis-server';
  // Debian puts it where only root looks.
  const nginx = ['nginx', '/usr/sbin/nginx'].find((command) => runs(command, '-V'));
  const missing = [
    ...(runs(redis, '--version') ? [] : ['redis-server (7.0 or newer)']),
    ...(nginx === undefined ? ['nginx'] : []),
  ];
  if (nginx === undefined || missing.length > 0) {
    throw new Error(`${missing.join(' and ')} must be installed and on PATH.`);
  }
  return { redis, nginx, build: nginxBuild(spawnSync(nginx, ['-V'], { encoding: 'utf8' }).stderr) };
}

function stickinessOf({ sticky }: ClusterOptions, build: NginxBuild): Stickiness {
  if (!sticky) return 'none';
  return build.sticky ? 'sticky' : 'route';
}

/** Resolves once every replica is ready and the front leads to one. Rejects, with nothing left behind, where that fails. */
export async function startCluster(options: ClusterOptions, events: ClusterEvents = {}): Promise<Cluster> {
  const { redis: redisCommand, nginx: nginxCommand, build } = installed();
  const folder = resolve(options.dataDir);
  for (const name of ['redis', 'logs', 'nginx/tmp']) mkdirSync(join(folder, name), { recursive: true });
  const [redisPort, frontPort, ...ports] = (await freePorts(2 + options.express)) as [
    number,
    number,
    ...number[],
  ];
  const port = options.port === 0 ? frontPort : options.port;
  const redisUrl = `redis://127.0.0.1:${redisPort}`;
  const keysFile = join(folder, 'server-keys.json');
  const stickiness = stickinessOf(options, build);
  const upstreams: Upstream[] = ports.map((p, i) => ({ route: `r${i + 1}`, host: '127.0.0.1', port: p }));
  const log = (name: string): string => join(folder, 'logs', `${name}.log`);

  const redisProgram: Program = {
    name: 'redis',
    command: redisCommand,
    args: [
      REDIS_CONF,
      ...['--bind', '127.0.0.1', '--port', String(redisPort), '--dir', join(folder, 'redis')],
    ],
    logFile: log('redis'),
    serves: () => redisAnswers(redisPort),
  };
  const replicaProgram = ({ route, port: own }: Upstream): Program => ({
    name: `express-${route.slice(1)}`,
    command: process.execPath,
    args: [MAIN, ...['--port', String(own), '--data', folder, '--redis', redisUrl]],
    env: {
      SOTTO_KEYS_FILE: keysFile,
      SOTTO_TRUSTED_PROXIES: '1',
      ...(stickiness === 'route' ? { SOTTO_ROUTE: route } : {}),
    },
    logFile: log(`express-${route.slice(1)}`),
    serves: () => answersOk(`http://127.0.0.1:${own}/readyz`),
  });
  const { host } = options;
  writeFileSync(
    join(folder, 'nginx', 'nginx.conf'),
    nginxConfig({ host, port, upstreams, stickiness, build }),
  );
  const nginxProgram: Program = {
    name: 'nginx',
    command: nginxCommand,
    args: ['-p', join(folder, 'nginx'), '-c', 'nginx.conf', '-e', 'stderr'],
    logFile: log('nginx'),
    serves: () => answersOk(`http://127.0.0.1:${port}/healthz`),
  };

  const guard = new Guard();
  const keep = (program: Program): Kept =>
    new Kept(program, guard, {
      died: () => events.changed?.(program.name, null),
      back(afterMs) {
        tell();
        events.changed?.(program.name, afterMs);
      },
    });
  const redis = keep(redisProgram);
  const replicas = upstreams.map((upstream) => ({
    port: upstream.port,
    kept: keep(replicaProgram(upstream)),
  }));
  const nginx = keep(nginxProgram);

  const state = (): ClusterState => ({
    front: `http://${host}:${port}`,
    replicas: replicas.map((r) => ({ kind: 'express', url: `http://127.0.0.1:${r.port}`, pid: r.kept.pid })),
    redis: { port: redisPort, pid: redis.pid },
    nginx: { pid: nginx.pid },
  });
  /** The state for other programs, whole at any moment. */
  const tell = (): void => {
    const path = join(folder, 'cluster.json');
    writeFileSync(`${path}.new`, `${JSON.stringify(state())}\n`);
    renameSync(`${path}.new`, path);
  };
  const stop = async (): Promise<void> => {
    await Promise.all(replicas.map(({ kept }) => kept.stop(REPLICAS_STOP_WITHIN_MS)));
    await nginx.stop(OTHERS_STOP_WITHIN_MS);
    await redis.stop(OTHERS_STOP_WITHIN_MS);
    guard.close();
  };
  try {
    await redis.start();
    await Promise.all(replicas.map(({ kept }) => kept.start()));
    await nginx.start();
    tell();
  } catch (error) {
    await stop();
    throw error;
  }
  return { state, redisUrl, keysFile, stop };
}
