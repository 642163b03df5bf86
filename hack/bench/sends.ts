/**
 * Sends per second through one replica with SQLite: one client, then 64, each waiting for the acknowledgement of a message
 * before it sends the next. Envelopes are sealed beforehand, so that the replica is measured and not the sealing.
 * `SOTTO_BENCH_PROFILE=FOLDER` writes the replica's CPU profiles there.
 */
import { closeSync, fsyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Bytes, isNack, SottoError } from '@sotto/protocol';
import { bareAccount } from '../lib/bare-account.ts';
import { type BareClient, signUpBare } from '../lib/bare-client.ts';
import { type BareMember, type BareRoom, makeBareRoom, sealBeforehand } from '../lib/bare-room.ts';
import { type Replica, startReplica } from '../lib/replica.ts';
import { printTable, quantile } from './table.ts';

const CLIENTS = 64;
/** Rounds in turns and medians of them, so that a noisy machine slows all rows alike. */
const ROUNDS = 7;
/** Messages of a client in one round; all rounds of a room together stay below an epoch's 1,000. */
const ALONE = 130;
const APART = 40;
const TOGETHER = 2;

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

const median = (list: readonly number[]): number =>
  quantile(
    [...list].sort((a, b) => a - b),
    0.5,
  );

/** Milliseconds of one append with fsync to this disk: what a send cannot do without, however many share it. */
function diskMs(folder: string): number {
  const file = openSync(join(folder, 'fsync'), 'w');
  const times: number[] = [];
  for (let i = 0; i < 200; i++) {
    const begun = performance.now();
    writeSync(file, Buffer.alloc(4096));
    fsyncSync(file);
    times.push(performance.now() - begun);
  }
  closeSync(file);
  return median(times);
}

async function run({ url }: Replica): Promise<void> {
  const members = await signUp(url);
  const first = members[0] as BareMember;
  // Unmeasured, so that the first round does not pay for a cold process.
  await sendAll(url, [await load(await makeBareRoom([first]), first, 300)]);

  const ownRoom = await makeBareRoom([first]);
  const rooms: BareRoom[] = [];
  for (const member of members) rooms.push(await makeBareRoom([member]));
  const commonRoom = await makeBareRoom(members);
  const loads = {
    alone: async () => [await load(ownRoom, first, ALONE)],
    apart: () => Promise.all(members.map((m, i) => load(rooms[i] as BareRoom, m, APART))),
    together: () => Promise.all(members.map((m) => load(commonRoom, m, TOGETHER))),
  };
  const measured: Record<keyof typeof loads, Measured[]> = { alone: [], apart: [], together: [] };
  for (let round = 0; round < ROUNDS; round++) {
    for (const name of Object.keys(loads) as (keyof typeof loads)[]) {
      measured[name].push(await sendAll(url, await loads[name]()));
    }
  }

  const rate = (name: keyof typeof loads): number => median(measured[name].map((m) => m.perSecond));
  const row = (title: string, name: keyof typeof loads): string[] => {
    const latencies = measured[name].flatMap((m) => m.latencies).sort((a, b) => a - b);
    return [
      title,
      rate(name).toFixed(0),
      `${(rate(name) / rate('alone')).toFixed(1)} x`,
      quantile(latencies, 0.5).toFixed(1),
      quantile(latencies, 0.99).toFixed(1),
      median(measured[name].map((m) => m.replicaCpuMs)).toFixed(2),
      median(measured[name].map((m) => m.clientCpuMs)).toFixed(2),
    ];
  };
  printTable(
    'Sends through one replica with SQLite, each client waiting for its acknowledgement',
    ['', 'sends/s', 'of one', 'median ms', 'p99 ms', 'replica CPU ms', 'clients CPU ms'],
    [
      row('1 client', 'alone'),
      row(`${CLIENTS} clients, a room each (goal: 5 x)`, 'apart'),
      row(`${CLIENTS} clients in one room, ${CLIENTS} deliveries a send`, 'together'),
    ],
  );
  console.log(`An append with fsync to this disk alone: ${diskMs(dataDir).toFixed(2)} ms`);
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
