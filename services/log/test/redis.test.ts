/** What only Redis can do to a replica: vanish, stand still, come back older, lose its functions, be shared. */
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Bytes, hex, randomBytes, SottoError } from '@sotto/protocol';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { codeOf, type Person, person, Room } from '../conformance/world.ts';
import { openRedisStore, type RedisStoreOptions, type Store, StoreFault } from '../src/index.ts';
import { Keys } from '../src/redis/keys.ts';
import { RedisServer } from '../testing/redis-server.ts';

const ANSWER_WITHIN_MS = 1000;

let server: RedisServer;
let redis: Redis;
let store: Store;
let alice: Person;
let room: Room;
const opened: Store[] = [];
const keys = new Keys('sotto', 1);

async function open(options: Partial<RedisStoreOptions> = {}): Promise<Store> {
  const made = await openRedisStore({ url: server.url, answerWithinMs: ANSWER_WITHIN_MS, ...options });
  opened.push(made);
  return made;
}

async function roomOf(owner: Person, at: Store): Promise<Room> {
  const made = new Room(at);
  await made.create(owner);
  await made.commit(owner, [owner]);
  return made;
}

beforeEach(async () => {
  server = await RedisServer.start();
  redis = new Redis(server.url);
  redis.on('error', () => undefined);
  store = await open();
  alice = await person(store);
  room = await roomOf(alice, store);
});

afterEach(async () => {
  for (const one of opened.splice(0)) await one.close();
  redis.disconnect();
  await server.remove();
});

const isUnavailable = (error: unknown) => error instanceof SottoError && error.code === 'unavailable';

async function unavailableIn(work: Promise<unknown>): Promise<number> {
  const begun = Date.now();
  await expect(work).rejects.toSatisfy(isUnavailable);
  return Date.now() - begun;
}

test('functions that somebody flushed are loaded again, in the midst of appends', async () => {
  for (let i = 0; i < 5; i++) {
    await redis.call('FUNCTION', 'FLUSH');
    const others = Promise.all([store.heads([room.room]), store.read(room.room, 1, 10, 1e6)]);
    expect(codeOf(await room.send(alice))).toBe('ok');
    await others;
  }
  expect(await store.heads([room.room])).toEqual([7]);
});

test('other code under the same name is refused; another comment in it is not', async () => {
  const [library] = (await redis.call('FUNCTION', 'LIST', 'WITHCODE')) as string[][];
  const code = library?.[library.indexOf('library_code') + 1] as string;
  await redis.call('FUNCTION', 'LOAD', 'REPLACE', `${code}\n-- a remark\n`);
  await (await open()).ping();
  await redis.call('FUNCTION', 'LOAD', 'REPLACE', `${code}\nlocal another = 1\n`);
  await expect(open()).rejects.toThrow(/other code under the name sotto_v1/);
});

test('a Redis that would lose messages is refused, setting by setting', async () => {
  await redis.config('SET', 'appendfsync', 'everysec');
  await redis.config('SET', 'maxmemory-policy', 'allkeys-lru');
  const refused = open();
  await expect(refused).rejects.toBeInstanceOf(StoreFault);
  await expect(refused).rejects.toThrow(/appendfsync is everysec.*maxmemory-policy is allkeys-lru/);
  await (await open({ unsafeAllowLosses: true })).ping();
});

test('where CONFIG is forbidden it says what to allow', async () => {
  await redis.call('ACL', 'SETUSER', 'sotto', 'on', '>secret', '~*', '+@all', '-config');
  const url = server.url.replace('//', '//sotto:secret@');
  await expect(open({ url })).rejects.toThrow('allow CONFIG GET');
  await redis.call('ACL', 'SETUSER', 'sotto', '+config|get');
  await (await open({ url })).ping();
});

test('a Redis that starts after the replica is waited for, but not for ever', async () => {
  await server.end('SIGTERM');
  await expect(open({ openWithinMs: 300 })).rejects.toThrow(
    /^Redis was not ready within 0.3 s \(.*ECONNREFUSED/,
  );
  const late = open();
  await server.again();
  expect((await late).generation).toBe(store.generation);
});

test('two replicas hear of one another, and of themselves, in order', async () => {
  const other = await open();
  const heard: [Store, string, number][] = [];
  for (const one of [store, other]) one.subscribe((id, head) => head > 2 && heard.push([one, hex(id), head]));
  const there = await roomOf(await person(other), other);
  for (let i = 0; i < 3; i++) await room.send(alice);
  await vi.waitFor(() => expect(heard).toHaveLength(6));
  for (const one of [store, other]) {
    const heads = heard.filter(([by, id]) => by === one && id === hex(room.room)).map(([, , head]) => head);
    expect(heads).toEqual([3, 4, 5]);
  }
  expect(await store.heads([there.room])).toEqual([2]);
});

test('a gap in the bus is told once, and hearing goes on after it', async () => {
  const heads: number[] = [];
  const gap = vi.fn();
  store.subscribe((_id, head) => head > 2 && heads.push(head), gap);
  const bus = keys.bus(0);
  const many = redis.multi();
  for (let i = 0; i < 5; i++) many.xadd(bus, '0-*', 'r', Buffer.from(room.room), 's', 90 + i);
  await many.xtrim(bus, 'MAXLEN', 1).exec();
  await vi.waitFor(() => expect(heads).toEqual([94]));
  expect(gap).toHaveBeenCalledTimes(1);
  await room.send(alice);
  await vi.waitFor(() => expect(heads).toEqual([94, 3]));
  expect(gap).toHaveBeenCalledTimes(1);
});

test('a counter that fell behind its log is refused by Redis, and nothing is written', async () => {
  await room.send(alice);
  await redis.hset(keys.room(room.room), 'head', 2);
  const before = [await redis.xlen(keys.log(room.room)), await redis.xlen(keys.bus(0))];
  const request = await room.request(alice, { type: 'message' });
  await expect(room.append(request)).rejects.toThrow(/equal or smaller/);
  expect([await redis.xlen(keys.log(room.room)), await redis.xlen(keys.bus(0))]).toEqual(before);
  expect(await redis.hexists(keys.ids(room.room), Buffer.from(request.id))).toBe(0);
});

test('a Redis that stands still is unavailable in time, and serves again by itself', async () => {
  const request = await room.request(alice, { type: 'message' });
  server.signal('SIGSTOP');
  const waits = await Promise.all([
    unavailableIn(store.append(request)),
    unavailableIn(store.ping()),
    unavailableIn(store.heads([room.room])),
  ]);
  expect(Math.max(...waits)).toBeLessThan(2000);
  // By now the connection is given up: whoever asks hears it at once.
  expect(await unavailableIn(store.ping())).toBeLessThan(200);
  server.signal('SIGCONT');
  await vi.waitFor(() => store.ping(), { timeout: 10_000, interval: 50 });
  const again = await room.append(request);
  expect(again).toMatchObject({ ok: true, seq: 3 });
});

test('a Redis that comes back as another store is not served', async () => {
  const onReplaced = vi.fn();
  const replica = await open({ onReplaced });
  await redis.flushall();
  await server.end('SIGKILL');
  await server.again();
  await vi.waitFor(() => expect(onReplaced).toHaveBeenCalledTimes(1), { timeout: 10_000 });
  await expect(replica.ping()).rejects.toThrow('must be restarted');
  await expect(replica.heads([room.room])).rejects.toSatisfy(isUnavailable);
});

test('a Redis that comes back as an older copy of its store is not served', async () => {
  const copy = join(server.folder, 'copy');
  const files = join(server.folder, 'appendonlydir');
  await server.end('SIGTERM');
  cpSync(files, copy, { recursive: true });
  await server.again();
  const onReplaced = vi.fn();
  const replica = await open({ onReplaced });
  const heard = vi.fn();
  replica.subscribe(heard);
  await vi.waitFor(() => store.ping());
  await room.send(alice);
  await vi.waitFor(() => expect(heard).toHaveBeenCalled());
  await server.end('SIGKILL');
  rmSync(files, { recursive: true });
  cpSync(copy, files, { recursive: true });
  await server.again();
  await vi.waitFor(() => expect(onReplaced).toHaveBeenCalledTimes(1), { timeout: 10_000 });
  await expect(replica.ping()).rejects.toThrow('must be restarted');
});

test('a call of the wrong form writes nothing', async () => {
  const before = await redis.dbsize();
  const short = [keys.members(room.room), 'too short', 5] as const;
  await expect(redis.fcall('sotto_v1_set_cursor', 1, ...short)).rejects.toThrow('16 bytes were expected');
  const name = ['sotto_v1_append_message', 8, ...Array(8).fill(keys.log(room.room))] as const;
  await expect(redis.call('FCALL', ...name)).rejects.toThrow('expected');
  const items = ['good', 'sealed', 'bad\0name', 'sealed'];
  await expect(
    redis.fcall('sotto_v1_put_backup_items', 1, keys.backup(alice.account), ...items),
  ).rejects.toThrow('backup item');
  expect(await redis.dbsize()).toBe(before);
});

interface Ack {
  readonly room: Bytes;
  readonly seq: number;
  readonly digest: Bytes;
}

test('killed with SIGKILL ten times during appends: nothing acknowledged is lost, a retry gets its sequence', async () => {
  const acks: Ack[] = [];
  let unknown = 0;
  let stop = false;
  const write = async (seed: Room, who: Person) => {
    while (!stop) {
      const request = await seed.request(who, { type: 'message' }, { id: randomBytes(16) });
      for (;;) {
        try {
          const result = await seed.append(request);
          if (!result.ok) throw new Error(`${result.code} ${result.detail}`);
          if (result.duplicate) seed.took(request);
          acks.push({ room: seed.room, seq: result.seq, digest: request.digest });
          break;
        } catch (error) {
          if (!isUnavailable(error)) throw error;
          unknown++;
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
      }
      if (acks.filter((ack) => ack.room === seed.room).length % 900 === 0) await seed.commit(who, [who]);
    }
  };
  const rooms = await Promise.all(Array.from({ length: 8 }, () => roomOf(alice, store)));
  const writers = rooms.map((one) => write(one, alice));
  for (let round = 0; round < 10; round++) {
    const target = acks.length + 100 + round * 13;
    await vi.waitFor(() => expect(acks.length).toBeGreaterThan(target), { timeout: 20_000, interval: 1 });
    await server.end('SIGKILL');
    await server.again();
  }
  stop = true;
  await Promise.all(writers);
  expect(unknown).toBeGreaterThan(0);
  for (const one of rooms) {
    const mine = acks.filter((ack) => ack.room === one.room);
    const entries = [];
    for (let from = 1; ; from += 256) {
      const page = await store.read(one.room, from, 256, 1e9);
      entries.push(...page);
      if (page.length < 256) break;
    }
    expect(entries.map((entry) => entry.seq)).toEqual(entries.map((_, i) => i + 1));
    expect(new Set(mine.map(({ seq }) => seq)).size).toBe(mine.length);
    for (const ack of mine) expect(hex(entries[ack.seq - 1]?.digest as Bytes)).toBe(hex(ack.digest));
  }
});
