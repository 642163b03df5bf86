/** The adapter of the Store port for replicas that share one Redis. */
import type { Bytes } from '@sotto/protocol';
import type { Store } from '../store.ts';
import { AccountCopies } from './account-copies.ts';
import { Accounts } from './accounts.ts';
import { append } from './append.ts';
import { BusReader } from './bus.ts';
import { Keys } from './keys.ts';
import { Link } from './link.ts';
import { type RedisStoreOptions, settingsOf } from './options.ts';
import { Rooms } from './rooms.ts';
import { within } from './within.ts';
import { Wraps } from './wraps.ts';

/** Readiness asks every few seconds and must hear within two (design section 8). */
const PING_WITHIN_MS = 1800;

interface Subscriber {
  readonly appended: (room: Bytes, head: number) => void;
  readonly gap: (() => void) | undefined;
}

/**
 * Connects, waits for Redis to be ready, loads the function library and takes the position of the bus. Rejects with
 * `StoreFault`, whose message is for the person who started the replica.
 *
 * @example
 * const store = await openRedisStore({ url: 'redis://127.0.0.1:6379' });
 */
export async function openRedisStore(options: RedisStoreOptions): Promise<Store> {
  const settings = settingsOf(options);
  const { url, answerWithinMs, busEntries } = settings;
  const keys = new Keys(settings.namespace, settings.shards);
  const subscribers = new Set<Subscriber>();
  const events = {
    appended: (room: Bytes, head: number) => {
      for (const { appended } of subscribers) appended(room, head);
    },
    gap: () => {
      for (const { gap } of subscribers) gap?.();
    },
  };
  const buses = keys.all.map((shard) => new BusReader({ url, key: keys.bus(shard), answerWithinMs }, events));
  const link = new Link(settings, keys, () => buses.map((bus) => bus.highest));
  const generation = await link.open();
  const close = async () => {
    for (const bus of buses) bus.close();
    await link.close();
  };
  try {
    await within(settings.openWithinMs, Promise.all(buses.map((bus) => bus.open())));
  } catch (error) {
    await close();
    throw error;
  }

  const copies = new AccountCopies(link, keys);
  const accounts = new Accounts(link, keys, copies);
  const rooms = new Rooms(link, keys);
  const wraps = new Wraps(link, keys);
  const appending = { link, keys, busEntries };
  return {
    generation,
    append: (request) => append(appending, request),
    read: (room, from, limit, maxBytes) => rooms.read(room, from, limit, maxBytes),
    digests: (room, from, to) => rooms.digests(room, from, to),
    statements: (room, after) => rooms.statements(room, after),
    room: (room) => rooms.state(room),
    heads: (list) => rooms.heads(list),
    subscribe(appended, gap) {
      const subscriber = { appended, gap };
      subscribers.add(subscriber);
      return () => subscribers.delete(subscriber);
    },
    checkpoint: (room, seq, chain) => rooms.checkpoint(room, seq, chain),
    checkpointBelow: (room, seq) => rooms.checkpointBelow(room, seq),
    membership: (room, account) => rooms.membership(room, account),
    memberships: (account) => rooms.memberships(account),
    members: (room) => rooms.members(room),
    invite: (invite, now) => rooms.invite(invite, now),
    setCursor: (room, account, seq) => rooms.setCursor(room, account, seq),
    createAccount: (account) => accounts.create(account),
    extendChain: (account, seq, statement, effect) => accounts.extendChain(account, seq, statement, effect),
    chain: (account, from, limit) => accounts.chain(account, from, limit),
    accounts: (list) => accounts.accounts(list),
    accountByHandle: (handleIndex) => accounts.byHandle(handleIndex),
    device: (account, device) => accounts.device(account, device),
    backup: (account) => accounts.backup(account),
    backupItems: (account, after, limit) => accounts.backupItems(account, after, limit),
    putBackupItems: (account, items) => accounts.putBackupItems(account, items),
    stageWraps: (room, commit, device, list, now) => wraps.stage(room, commit, device, list, now),
    stagedWraps: (room, commit, device) => wraps.staged(room, commit, device),
    wraps: (room, epoch) => wraps.ofEpoch(room, epoch),
    // A real write, fsynced: a Redis that answers and cannot store must turn the replica not-ready.
    async ping() {
      await within(PING_WITHIN_MS, link.call('SET', keys.ping(), Date.now()));
    },
    async close() {
      copies.close();
      await close();
    },
  };
}
