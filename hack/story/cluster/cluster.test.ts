/**
 * Three replicas over one Redis behind NGINX, six people spread over them: everybody hears everybody live, and any of the
 * processes may die.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SottoClient } from '@sotto/client';
import { openRedisStore } from '@sotto/log';
import { type Bytes, b64, fromB64, parseEnvelope } from '@sotto/protocol';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Cluster, type ClusterState, startCluster } from '../../cluster/cluster.ts';
import { judge, type Logged, type Sent } from '../../lib/ledger.ts';
import { startLoad } from '../../lib/load.ts';
import { Person } from '../../lib/person.ts';
import { startReplica } from '../../lib/replica.ts';
import { seeded } from '../../lib/seed.ts';
import { until } from '../../lib/until.ts';

const REPLICAS = 3;
const PEOPLE = 6;
const AHEAD = 4;

const folder = mkdtempSync(join(tmpdir(), 'sotto-cluster-'));
const random = seeded('cluster');
const watchers = new Set<(name: string, backAfterMs: number | null) => void>();
let cluster: Cluster;
let people: Person[];
let clients: SottoClient[];
let room: string;

beforeAll(async () => {
  const options = { express: REPLICAS, host: '127.0.0.1', port: 0, json: true, sticky: true };
  const changed = (name: string, backAfterMs: number | null): void => {
    for (const watcher of watchers) watcher(name, backAfterMs);
  };
  cluster = await startCluster({ ...options, dataDir: join(folder, 'cluster') }, { changed });
  const { front } = cluster.state();
  people = [];
  for (let i = 0; i < PEOPLE; i++) people.push(await Person.signUp(front, i, `member-${i}`));
  clients = people.map((person) => person.client);
  const [first, ...others] = clients as [SottoClient, ...SottoClient[]];
  room = await first.createRoom('Everywhere');
  const link = await first.invite(room);
  for (const client of others) await client.join(link);
});

afterAll(async () => {
  await Promise.all(people.map((person) => person.close()));
  await cluster.stop();
  rmSync(folder, { recursive: true });
});

/** Resolves with how long it was away when `name`, which died or will, serves again. */
const back = (name: string): Promise<number> =>
  new Promise((resolve) => {
    const watcher = (who: string, afterMs: number | null): void => {
      if (who !== name || afterMs === null) return;
      watchers.delete(watcher);
      resolve(afterMs);
    };
    watchers.add(watcher);
  });

const replica = (i: number): ClusterState['replicas'][number] =>
  cluster.state().replicas[i] as ClusterState['replicas'][number];

async function connectionsOf(url: string): Promise<number> {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  return Number(/^sotto_connections (\d+)/m.exec(metrics)?.[1]);
}

/** The log as Redis has it, with no replica in between. */
async function logInRedis(): Promise<Logged[]> {
  const store = await openRedisStore({ url: cluster.redisUrl });
  const out: Logged[] = [];
  try {
    for (;;) {
      const entries = await store.read(fromB64(room) as Bytes, out.length + 1, 256, 1 << 20);
      if (entries.length === 0) return out;
      for (const { seq, bytes } of entries) out.push({ seq, id: b64(parseEnvelope(bytes).header.id) });
    }
  } finally {
    await store.close();
  }
}

/** Nothing acknowledged is lost, doubled or out of order, and everybody has all of it on the screen. */
async function expectNothingLost(what: string, sent: readonly Sent[]): Promise<void> {
  const log = await logInRedis();
  const faults = judge(sent, log);
  console.log(
    `${what}: ${sent.length} sent and acknowledged, ${log.length} entries, faults: ${faults.length}`,
  );
  expect(faults).toEqual([]);
  expect(sent.every(({ acks }) => acks.length === 1)).toBe(true);
  await Promise.all(people.map((person) => person.reaches(room, log.length)));
  const shown = people.map((person) =>
    person.items(room).flatMap((item) => (item.kind === 'text' ? [`${item.seq} ${item.text}`] : [])),
  );
  // The creator has been there from the beginning; what others saw before they joined differs.
  const since = Math.max(...clients.map((client) => client.rooms()[0]?.since ?? 1));
  const newest = shown.map((lines) => lines.filter((line) => Number.parseInt(line, 10) >= since));
  for (const lines of newest) expect(lines).toEqual(newest[0]);
}

test('six people on three replicas: every message reaches everybody live', async () => {
  const spread = await Promise.all(cluster.state().replicas.map(({ url }) => connectionsOf(url)));
  console.log(`connections: ${spread.join(', ')}`);
  expect(Math.min(...spread)).toBeGreaterThan(0);
  const texts = people.flatMap((person) => [1, 2, 3].map((n) => `${person.handle} says ${n}`));
  await Promise.all(
    people.map(async (person) => {
      for (const n of [1, 2, 3]) await person.say(room, `${person.handle} says ${n}`);
    }),
  );
  await Promise.all(people.flatMap((person) => texts.map((text) => person.sees(room, text))));
  expect(clients.flatMap((client) => client.alerts())).toEqual([]);
});

test('typing and presence cross replicas', async () => {
  const [first, ...others] = people as [Person, ...Person[]];
  await first.client.setTyping(room, true);
  const isTyping = (client: SottoClient) => () => client.rooms()[0]?.typing.includes(first.account) === true;
  await Promise.all(
    others.map(({ client, handle }) =>
      until(client, isTyping(client), `${handle} sees that the first types`),
    ),
  );
  const allOnline = (client: SottoClient) => () =>
    client.members(room).filter((m) => m.online).length === PEOPLE;
  await Promise.all(clients.map((client) => until(client, allOnline(client), 'everybody is online')));
});

test('a replica is killed: it is replaced, its people come back, nothing is lost', async () => {
  const load = startLoad(room, clients, AHEAD);
  await load.more(40);
  const i = random.below(REPLICAS);
  const returned = back(`express-${i + 1}`);
  const { pid } = replica(i);
  process.kill(pid, 'SIGKILL');
  const [afterMs] = await Promise.all([returned, load.more(100)]);
  console.log(`a killed replica serves again after ${Math.round(afterMs)} ms`);
  expect(replica(i).pid).not.toBe(pid);
  const sent = await load.stop();
  await Promise.all(people.map((person) => person.online()));
  await expectNothingLost('replica killed', sent);
});

test('Redis is killed three times under load: nothing that was acknowledged is lost', async () => {
  const load = startLoad(room, clients, AHEAD);
  for (let kills = 0; kills < 3; kills++) {
    await load.more(20 + random.below(20));
    const returned = back('redis');
    process.kill(cluster.state().redis.pid, 'SIGKILL');
    await returned;
  }
  await load.more(20);
  await expectNothingLost('Redis killed', await load.stop());
  expect(clients.flatMap((client) => client.alerts())).toEqual([]);
});

test('replicas are restarted one after another: no send fails, each restart costs its people one reconnect', async () => {
  const lost = new Map(people.map((person) => [person.handle, 0]));
  const stops = people.map(({ client, handle }) => {
    let was = client.connection().state;
    return client.on('connection', ({ state }) => {
      if (state === 'offline' && was !== 'offline') lost.set(handle, (lost.get(handle) ?? 0) + 1);
      was = state;
    });
  });
  const load = startLoad(room, clients, AHEAD);
  for (let i = 0; i < REPLICAS; i++) {
    await load.more(20);
    const before = new Map(lost);
    const returned = back(`express-${i + 1}`);
    process.kill(replica(i).pid, 'SIGTERM');
    await returned;
    await Promise.all(people.map((person) => person.online()));
    for (const [handle, times] of lost) expect(times - (before.get(handle) ?? 0)).toBeLessThanOrEqual(1);
  }
  await load.more(20);
  const sent = await load.stop();
  for (const stop of stops) stop();
  const { p99, longest } = load.ackMs();
  console.log(`reconnects: ${[...lost.values()].join(', ')}; ack p99 ${p99} ms, longest ${longest} ms`);
  await expectNothingLost('rolling restart', sent);
});

test('a replica added later serves the whole history, equal to the others', async () => {
  const env = { SOTTO_REDIS_URL: cluster.redisUrl, SOTTO_KEYS_FILE: cluster.keysFile };
  const added = await startReplica({ dataDir: join(folder, 'added'), env });
  const [first] = people as [Person];
  // Another device of the one who has been there from the beginning: it takes everything from the new replica.
  const device = await Person.restore(added.url, PEOPLE, first);
  try {
    const head = first.client.rooms()[0]?.head ?? 0;
    await device.reaches(room, head);
    expect(device.texts(room)).toEqual(first.texts(room));
    expect(device.client.alerts()).toEqual([]);
  } finally {
    await device.close();
    await added.kill('SIGTERM');
  }
});
