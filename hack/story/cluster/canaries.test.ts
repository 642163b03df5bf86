/**
 * What anybody sees who listens behind the front: on no hop (client, NGINX, replica, Redis), in no file of Redis and in no log
 * does a name or a text appear in any spelling.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { RedisServer } from '../../../services/log/testing/redis-server.ts';
import { answersOk, freePorts } from '../../cluster/looks.ts';
import { nginxBuild, nginxConfig } from '../../cluster/nginx.ts';
import { searchCapture, searchFolders } from '../../lib/canary.ts';
import { Person } from '../../lib/person.ts';
import { type Relay, startRelay } from '../../lib/relay.ts';
import { type Replica, startReplica } from '../../lib/replica.ts';

const HANDLES = ['canary-handle-ada', 'canary-handle-bob'];
const ROOM = 'canary room Kanarienvogel';
const TEXTS = ['canary text from Ada 金丝雀', 'canary text from Bob γλώσσα'];

const folder = mkdtempSync(join(tmpdir(), 'sotto-hops-'));
const captured = (hop: string): string => join(folder, 'hops', hop);
const logs = join(folder, 'logs');
let redis: RedisServer;
let nginx: ChildProcess;
let front: Relay;
const relays: Relay[] = [];
const replicas: Replica[] = [];

async function relay(hop: string, targetPort: number): Promise<Relay> {
  const made = await startRelay({ targetPort, captureDir: captured(hop) });
  relays.push(made);
  return made;
}

beforeAll(async () => {
  mkdirSync(logs, { recursive: true });
  redis = await RedisServer.start();
  const toRedis = await relay('replica-redis', redis.port);
  const env = {
    SOTTO_REDIS_URL: `redis://127.0.0.1:${toRedis.port}`,
    SOTTO_KEYS_FILE: join(folder, 'keys.json'),
    SOTTO_LOG_LEVEL: 'trace',
  };
  for (const name of ['a', 'b']) {
    const logFile = join(logs, name);
    replicas.push(await startReplica({ dataDir: join(folder, name), env, logFile }));
  }
  const upstreams = [];
  for (const { port } of replicas) upstreams.push(await relay(`nginx-replica/${port}`, port));
  const [port] = (await freePorts(1)) as [number];
  mkdirSync(join(folder, 'nginx', 'tmp'), { recursive: true });
  const config = nginxConfig({
    host: '127.0.0.1',
    port,
    stickiness: 'none',
    upstreams: upstreams.map((to, i) => ({ route: `r${i}`, host: '127.0.0.1', port: to.port })),
    build: nginxBuild(spawnSync('nginx', ['-V'], { encoding: 'utf8' }).stderr),
  });
  writeFileSync(join(folder, 'nginx', 'nginx.conf'), config);
  const args = ['-p', join(folder, 'nginx'), '-c', 'nginx.conf', '-e', 'stderr'];
  nginx = spawn('nginx', args, { stdio: 'ignore' });
  const ready = async () => expect(await answersOk(`http://127.0.0.1:${port}/readyz`)).toBe(true);
  await vi.waitFor(ready, 10_000);
  front = await relay('client-nginx', port);
});

afterAll(async () => {
  nginx?.kill('SIGKILL');
  for (const replica of replicas) await replica.kill('SIGKILL');
  for (const one of relays) await one.close();
  await redis?.remove();
  rmSync(folder, { recursive: true });
});

test('two people chat over all hops, and nobody on the way reads a word', async () => {
  const people = [];
  for (const [i, handle] of HANDLES.entries()) people.push(await Person.signUp(front.url, i, handle));
  const [ada, bob] = people as [Person, Person];
  const room = await ada.client.createRoom(ROOM);
  await bob.client.join(await ada.client.invite(room));
  await ada.say(room, TEXTS[0] as string);
  await bob.sees(room, TEXTS[0] as string);
  await bob.client.setTyping(room, true);
  await bob.say(room, TEXTS[1] as string);
  await ada.sees(room, TEXTS[1] as string);
  for (const person of people) await person.close();
  for (const replica of replicas) await replica.kill('SIGTERM');
  await redis.end('SIGTERM');

  const canaries = [...HANDLES, ROOM, ...TEXTS];
  const searches = [
    searchCapture(captured('client-nginx'), canaries),
    searchCapture(captured('nginx-replica'), canaries),
    searchFolders([captured('replica-redis')], canaries),
    searchFolders([redis.folder], canaries),
    searchFolders([logs], canaries),
  ];
  console.log(
    `searched: ${searches.map(({ files, bytes }) => `${bytes} bytes in ${files} files`).join('; ')}`,
  );
  for (const { bytes } of searches) expect(bytes).toBeGreaterThan(100);
  expect(searches.flatMap(({ findings }) => findings)).toEqual([]);
});
