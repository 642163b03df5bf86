/**
 * The replica is killed with SIGKILL 50 times while four clients send: nothing that was acknowledged is lost, doubled or out
 * of order. The judge is tested with planted defects beside it (hack/lib/ledger.test.ts).
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SottoClient } from '@sotto/client';
import { openSqliteStore } from '@sotto/log';
import { type Bytes, b64, fromB64, parseEnvelope } from '@sotto/protocol';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openFileClient } from '../lib/file-client.ts';
import { judge, type Logged, type Sent } from '../lib/ledger.ts';
import { startRelay } from '../lib/relay.ts';
import { type Replica, startReplica } from '../lib/replica.ts';
import { seeded } from '../lib/seed.ts';

const KILLS = 50;
const WRITERS = 4;
/** Messages that a writer hands over before it waits for the first of them. */
const AHEAD = 6;

const folder = mkdtempSync(join(tmpdir(), 'sotto-no-loss-'));
const dataDir = join(folder, 'data');
const random = seeded('no loss');
let replica: Replica;
let clients: SottoClient[];
let room: string;

beforeAll(async () => {
  replica = await startReplica({ dataDir });
  clients = [];
  for (let i = 0; i < WRITERS; i++) {
    const client = await openFileClient(replica.url, join(folder, `home-${i}`), i);
    await client.signUp(`writer-${i}`, null);
    clients.push(client);
  }
  const [first, ...others] = clients as [SottoClient, ...SottoClient[]];
  room = await first.createRoom('The room that must not forget');
  const link = await first.invite(room);
  for (const client of others) await client.join(link);
});

afterAll(async () => {
  await Promise.all(clients.map((client) => client.close()));
  await replica.kill('SIGKILL');
  rmSync(folder, { recursive: true });
});

/** The log as it lies on the disk, read with no replica in between. */
async function logOnDisk(): Promise<Logged[]> {
  await replica.kill('SIGTERM');
  const store = await openSqliteStore(join(dataDir, 'sotto.db'));
  const out: Logged[] = [];
  try {
    for (;;) {
      const entries = await store.read(fromB64(room) as Bytes, out.length + 1, 256, 1 << 20);
      if (entries.length === 0) return out;
      for (const { seq, bytes } of entries) out.push({ seq, id: b64(parseEnvelope(bytes).header.id) });
    }
  } finally {
    await store.close();
    replica = await startReplica({ dataDir, port: replica.port });
  }
}

test('50 kills during sends by four clients', async () => {
  const sent: (Sent & { acks: number[] })[] = [];
  let acknowledged = 0;
  let killing = true;
  let wake = (): void => {};

  const write = async (client: SottoClient, writer: string): Promise<void> => {
    const waiting = new Set<Promise<void>>();
    for (let n = 0; killing; n++) {
      const id = await client.sendText(room, `${writer} message ${n}`);
      const record = { writer, id, acks: [] as number[] };
      sent.push(record);
      const done = client.acknowledged(room, id).then(({ seq }) => {
        record.acks.push(seq);
        acknowledged++;
        waiting.delete(done);
        wake();
      });
      waiting.add(done);
      if (waiting.size >= AHEAD) await Promise.race(waiting);
    }
    await Promise.all(waiting);
  };

  /** Killed after so many more acknowledgements, so that every kill meets messages under way. */
  const kill = async (): Promise<void> => {
    for (let kills = 0; kills < KILLS; kills++) {
      const at = acknowledged + 1 + random.below(20);
      await new Promise<void>((resolve) => {
        wake = () => acknowledged >= at && resolve();
      });
      await replica.kill('SIGKILL');
      replica = await startReplica({ dataDir, port: replica.port });
    }
    killing = false;
  };

  await Promise.all([kill(), ...clients.map((client, i) => write(client, `writer-${i}`))]);

  const log = await logOnDisk();
  const faults = judge(sent, log);
  console.log(
    `no loss: ${KILLS} kills, ${sent.length} messages sent, ${acknowledged} acknowledged, ${log.length} entries; faults: ${faults.length}`,
  );
  expect(faults).toEqual([]);
  expect(sent.every((s) => s.acks.length === 1)).toBe(true);

  // And every client shows the same, each message once.
  const timelines = clients.map((client) =>
    client
      .timeline(room)
      .filter((item) => item.kind === 'text')
      .map((item) => `${item.seq} ${item.text}`),
  );
  const complete = sent.length;
  await expect
    .poll(() => clients.map((c) => c.timeline(room).filter((i) => i.kind === 'text').length), {
      timeout: 60_000,
    })
    .toEqual(clients.map(() => complete));
  for (const timeline of timelines) expect(timeline).toEqual(timelines[0]);
});

test('a send whose acknowledgement was lost gets the same sequence on retry', async () => {
  const [near, far] = clients as [SottoClient, SottoClient];
  const relay = await startRelay({ targetPort: replica.port, captureDir: null });
  const client = await openFileClient(relay.url, join(folder, 'home-behind-relay'), WRITERS);
  try {
    await client.signUp('behind-relay', null);
    await client.join(await near.invite(room));
    // The first message after a join renews the room's keys, which needs answers of its own.
    await client.acknowledged(room, await client.sendText(room, 'the line still answers'));
    for (let round = 0; round < 5; round++) {
      relay.hold('down');
      const text = `the answer to this is lost, ${round}`;
      const id = await client.sendText(room, text);
      let first: number | null = null;
      await expect
        .poll(() => (first = far.timeline(room).find((item) => item.text === text)?.seq ?? null), {
          timeout: 30_000,
        })
        .not.toBeNull();
      expect(relay.held('down')).toBeGreaterThan(0);
      relay.release('up');
      relay.reset();
      relay.release('down');
      await expect(client.acknowledged(room, id)).resolves.toMatchObject({ seq: first });
    }
    const texts = far.timeline(room).filter((item) => item.text.startsWith('the answer to this is lost'));
    expect(texts).toHaveLength(5);
  } finally {
    await client.close();
    await relay.close();
  }
});
