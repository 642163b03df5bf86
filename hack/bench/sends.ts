/**
 * Sends per second through one replica with SQLite: one client, then 64, each waiting for the acknowledgement of a message
 * before it sends the next. Envelopes are sealed beforehand, so that the replica is measured and not the sealing.
 * `SOTTO_BENCH_PROFILE=FOLDER` writes the replica's CPU profiles there.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Bytes, isNack, SottoError } from '@sotto/protocol';
import { bareAccount } from '../lib/bare-account.ts';
import { type BareClient, signUpBare } from '../lib/bare-client.ts';
import { type BareMember, type BareRoom, makeBareRoom, sealBeforehand } from '../lib/bare-room.ts';
import { type Replica, startReplica } from '../lib/replica.ts';
import { printTable, quantile } from './table.ts';

const CLIENTS = 64;
/** Messages in one room stay below an epoch's 1,000. */
const MESSAGES_ALONE = 600;
const MESSAGES_EACH = 60;
const MESSAGES_EACH_IN_ONE_ROOM = 15;

interface Load {
  readonly client: BareClient;
  readonly envelopes: readonly Bytes[];
}

interface Measured {
  readonly perSecond: number;
  /** Milliseconds from a send to its acknowledgement, ascending. */
  readonly latencies: readonly number[];
  /** Milliseconds of CPU a send, of the replica and of the clients that load it (all threads of each). */
  readonly replicaCpuMs: number;
  readonly clientCpuMs: number;
}

/** Seconds of CPU that the replica has used so far, as it tells its operator. */
async function replicaCpu(url: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(/^process_cpu_seconds_total(?:\{.*\})? (\S+)/m.exec(text)?.[1]);
}

async function sendAll(url: string, loads: readonly Load[]): Promise<Measured> {
  const latencies: number[] = [];
  const cpuBefore = await replicaCpu(url);
  const ownBefore = process.cpuUsage();
  const begun = performance.now();
  await Promise.all(
    loads.map(async ({ client, envelopes }) => {
      for (const envelope of envelopes) {
        const sentAt = performance.now();
        const answer = await client.send(envelope);
        if (isNack(answer)) throw SottoError.fromWire(answer.error);
        latencies.push(performance.now() - sentAt);
      }
    }),
  );
  const seconds = (performance.now() - begun) / 1000;
  const own = process.cpuUsage(ownBefore);
  const sends = latencies.length;
  return {
    perSecond: sends / seconds,
    latencies: latencies.sort((a, b) => a - b),
    replicaCpuMs: (((await replicaCpu(url)) - cpuBefore) * 1000) / sends,
    clientCpuMs: (own.user + own.system) / 1000 / sends,
  };
}

const texts = (count: number): string[] =>
  Array.from({ length: count }, (_, i) => `Message ${i}, of an ordinary length.`);

const load = async (room: BareRoom, member: BareMember, count: number): Promise<Load> => ({
  client: member.client,
  envelopes: await sealBeforehand(room, member.account, texts(count)),
});

async function signUp(url: string): Promise<BareMember[]> {
  const members: BareMember[] = [];
  for (let i = 0; i < CLIENTS; i++) {
    const account = await bareAccount(`bench-${i}`, i);
    members.push({ account, client: await signUpBare(url, account) });
  }
  return members;
}

async function run({ url }: Replica): Promise<void> {
  const members = await signUp(url);
  const first = members[0] as BareMember;

  // Unmeasured, so that the first row does not pay for a cold process.
  await sendAll(url, [await load(await makeBareRoom([first]), first, 200)]);

  const alone = await sendAll(url, [await load(await makeBareRoom([first]), first, MESSAGES_ALONE)]);

  const apart: Load[] = [];
  for (const member of members) apart.push(await load(await makeBareRoom([member]), member, MESSAGES_EACH));
  const many = await sendAll(url, apart);

  const room = await makeBareRoom(members);
  const shared: Load[] = [];
  for (const member of members) shared.push(await load(room, member, MESSAGES_EACH_IN_ONE_ROOM));
  const together = await sendAll(url, shared);

  const row = (name: string, m: Measured): string[] => [
    name,
    m.perSecond.toFixed(0),
    `${(m.perSecond / alone.perSecond).toFixed(1)} x`,
    quantile(m.latencies, 0.5).toFixed(1),
    quantile(m.latencies, 0.99).toFixed(1),
    m.replicaCpuMs.toFixed(2),
    m.clientCpuMs.toFixed(2),
  ];
  printTable(
    'Sends through one replica with SQLite, each client waiting for its acknowledgement',
    ['', 'sends/s', 'of one', 'median ms', 'p99 ms', 'replica CPU ms', 'clients CPU ms'],
    [
      row('1 client', alone),
      row(`${CLIENTS} clients, a room each (goal: 5 x)`, many),
      row(`${CLIENTS} clients in one room, ${CLIENTS} deliveries a send`, together),
    ],
  );
  for (const { client } of members) client.close();
}

const dataDir = mkdtempSync(join(tmpdir(), 'sotto-bench-'));
const profile = process.env.SOTTO_BENCH_PROFILE;
const replica = await startReplica({
  dataDir,
  env: { SOTTO_LOG_LEVEL: 'warn', SOTTO_FRAMES_PER_SECOND: '1000000', SOTTO_FRAME_BURST: '1000000' },
  ...(profile === undefined ? {} : { nodeOptions: ['--cpu-prof', `--cpu-prof-dir=${profile}`] }),
});
try {
  await run(replica);
} finally {
  await replica.kill('SIGTERM');
  rmSync(dataDir, { recursive: true });
}
