/** The embedded adapter of the Store port, on `node:sqlite`. One process, one file. */
import type { Bytes } from '@sotto/protocol';
import type { Store } from '../store.ts';
import * as accounts from './accounts.ts';
import { append } from './append.ts';
import { openDatabase } from './database.ts';
import * as rooms from './rooms.ts';
import { TurnWriter } from './turn-writer.ts';
import * as wraps from './wraps.ts';

type Listener = (room: Bytes, head: number) => void;

/**
 * Opens the database file at `path`, or makes it. Rejects with an Error for the person who started the server: see
 * `openDatabase`. Reads see only what is committed; they run between turns' transactions, never inside one.
 */
export async function openSqliteStore(path: string): Promise<Store> {
  const { db, generation } = openDatabase(path);
  const writer = new TurnWriter(db);
  const listeners = new Set<Listener>();
  return {
    generation,
    async append(request) {
      const result = await writer.write(() => append(db, request));
      if (result.ok && !result.duplicate)
        for (const listener of listeners) listener(request.room, result.seq);
      return result;
    },
    read: async (room, from, limit, maxBytes) => rooms.readEntries(db, room, from, limit, maxBytes),
    digests: async (room, from, to) => rooms.digestsOf(db, room, from, to),
    statements: async (room, after) => rooms.statementsAfter(db, room, after),
    room: async (room) => rooms.roomState(db, room),
    heads: async (list) => list.map((room) => rooms.headOf(db, room)),
    // Never a gap: the only process that appends is this one.
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    checkpoint: (room, seq, chain) => writer.write(() => rooms.setCheckpoint(db, room, seq, chain)),
    checkpointBelow: async (room, seq) => rooms.checkpointBelow(db, room, seq),
    membership: async (room, account) => rooms.membershipOf(db, room, account),
    memberships: async (account) => rooms.membershipsOf(db, account),
    members: async (room) => rooms.membersOf(db, room),
    invite: async (invite, now) => rooms.inviteRoom(db, invite, now),
    setCursor: (room, account, seq) => writer.write(() => rooms.setCursor(db, room, account, seq)),
    createAccount: (account) => writer.write(() => accounts.createAccount(db, account)),
    extendChain: (account, seq, statement, effect) =>
      writer.write(() => accounts.extendChain(db, account, seq, statement, effect)),
    chain: async (account, from, limit) => accounts.chainOf(db, account, from, limit),
    accounts: async (list) => list.map((account) => accounts.storedAccount(db, account)),
    accountByHandle: async (handleIndex) => accounts.accountByHandle(db, handleIndex),
    device: async (account, device) => accounts.deviceOf(db, account, device),
    backup: async (account) => accounts.backupOf(db, account),
    backupItems: async (account, after, limit) => accounts.backupItems(db, account, after, limit),
    putBackupItems: (account, items) => writer.write(() => accounts.putBackupItems(db, account, items)),
    stageWraps: (room, commit, device, list, now) =>
      writer.write(() => wraps.stageWraps(db, room, commit, device, list, now)),
    stagedWraps: async (room, commit, device) => wraps.stagedWraps(db, room, commit, device),
    wraps: async (room, epoch) => wraps.wrapsOf(db, room, epoch),
    // A real write: a full disk must turn the replica not-ready before somebody's message finds out.
    ping: () => writer.write(() => void db.run('UPDATE store SET generation = generation')),
    async close() {
      writer.close();
      db.close();
    },
  };
}
