/**
 * What a log entry costs in Redis's memory, everything counted: `node services/log/scripts/redis-memory.ts`. Appends envelopes of
 * a short text through the store to a redis-server of its own, and prints one JSON line. Exits 1 where an entry of
 * one busy room costs more than it may.
 */
import { randomBytes, sha256 } from '@sotto/protocol';
import { Redis } from 'ioredis';
import { person, Room } from '../conformance/world.ts';
import { openRedisStore } from '../src/index.ts';
import { RedisServer } from '../testing/redis-server.ts';

const ENTRIES = 10_000;
const ENVELOPE_BYTES = 884;
const MAX_BYTES_PER_ENTRY = 1800;
/** Fewer than make a new epoch due. */
const EPOCH = 900;
const IN_FLIGHT = 32;
const NAMES = ['log', 'ids', 'bus', 'room', 'writers', 'members', 'statements', 'staged', 'wraps'];

interface Measure {
  readonly rooms: number;
  readonly bytesPerEntry: number;
  readonly rssPerEntry: number;
  readonly byKind: Record<string, number>;
}

async function memory(redis: Redis): Promise<{ used: number; rss: number }> {
  const info = await redis.info('memory');
  const field = (name: string) => Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(info)?.[1]);
  return { used: field('used_memory'), rss: field('used_memory_rss') };
}

/** Appends `count` messages of one device in batches, as a replica's turns would. */
async function fill(room: Room, count: number, append: Room['store']['append']): Promise<void> {
  const me = await person(room.store);
  await room.create(me);
  for (let done = 0; done < count; ) {
    if (done % EPOCH === 0) await room.commit(me, [me]);
    const batch = Math.min(IN_FLIGHT, count - done, EPOCH - (done % EPOCH));
    const acks = [];
    for (let i = 0; i < batch; i++) {
      const bytes = randomBytes(ENVELOPE_BYTES);
      const now = Date.now();
      const change = { bytes, digest: await sha256(bytes), now, position: Number.MAX_SAFE_INTEGER };
      const request = await room.request(me, { type: 'message' }, change);
      room.took(request);
      acks.push(append(request));
    }
    for (const ack of await Promise.all(acks)) if (!ack.ok) throw new Error(`${ack.code} ${ack.detail}`);
    done += batch;
  }
}

async function measure(rooms: number): Promise<Measure> {
  const server = await RedisServer.start();
  const store = await openRedisStore({ url: server.url });
  const redis = new Redis(server.url);
  const before = await memory(redis);
  for (let i = 0; i < rooms; i++) await fill(new Room(store), ENTRIES / rooms, store.append);
  // Buffers of the connections and of the file shrink when the server has nothing to do.
  await new Promise((resolve) => setTimeout(resolve, 3000));
  const after = await memory(redis);
  const byKind: Record<string, number> = {};
  for await (const keys of redis.scanStream({ count: 1000 })) {
    for (const key of keys as string[]) {
      const name = NAMES.find((one) => key.slice(key.indexOf('}') + 1).startsWith(one)) ?? 'accounts';
      const bytes = Number(await redis.call('MEMORY', 'USAGE', key, 'SAMPLES', 0));
      byKind[name] = (byKind[name] ?? 0) + bytes / ENTRIES;
    }
  }
  for (const name of Object.keys(byKind)) byKind[name] = Math.round(byKind[name] as number);
  redis.disconnect();
  await store.close();
  await server.remove();
  const per = (bytes: number) => Math.round(bytes / ENTRIES);
  return {
    rooms,
    bytesPerEntry: per(after.used - before.used),
    rssPerEntry: per(after.rss - before.rss),
    byKind,
  };
}

const measures = [await measure(1), await measure(100)];
const fine = (measures[0]?.bytesPerEntry ?? Number.POSITIVE_INFINITY) <= MAX_BYTES_PER_ENTRY;
const head = { entries: ENTRIES, envelopeBytes: ENVELOPE_BYTES, maxBytesPerEntry: MAX_BYTES_PER_ENTRY };
process.stdout.write(`${JSON.stringify({ ...head, measures })}\n`);
process.exitCode = fine ? 0 : 1;
