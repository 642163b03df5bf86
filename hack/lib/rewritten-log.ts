/** A face that shows a room's log rewritten, and everything else in keeping with it: sequences, heads, digests, acknowledgements. */
import type { LogEntry, Store } from '@sotto/log';
import { type Bytes, equal } from '@sotto/protocol';
import type { Lies } from './lying-server.ts';
import { kindOfEntry, wholeLog } from './puppet.ts';

/** `rewrite` gets the true log and answers what is shown; sequences are given anew. */
export function rewrittenLog(store: Store, room: Bytes, rewrite: (log: LogEntry[]) => LogEntry[]): Lies {
  const log = async (): Promise<LogEntry[]> =>
    rewrite(await wholeLog(store, room)).map((entry, i) => ({ ...entry, seq: i + 1 }));
  const isIt = (other: Bytes): boolean => equal(other, room);
  return {
    read: async (other, from, limit, maxBytes) =>
      isIt(other)
        ? (await log()).slice(from - 1, from - 1 + limit)
        : store.read(other, from, limit, maxBytes),
    digests: async (other, from, to) =>
      isIt(other) ? (await log()).slice(from - 1, to).map((e) => e.digest) : store.digests(other, from, to),
    statements: async (other, after) =>
      isIt(other)
        ? (await log()).slice(after).filter((e) => [2, 3].includes(kindOfEntry(e)))
        : store.statements(other, after),
    room: async (other) => {
      const state = await store.room(other);
      return state !== null && isIt(other) ? { ...state, head: (await log()).length } : state;
    },
    heads: async (rooms) => {
      const heads = await store.heads(rooms);
      const shown = await log();
      return rooms.map((other, i) => (isIt(other) ? shown.length : (heads[i] ?? 0)));
    },
    append: async (request) => {
      const result = await store.append({ ...request, position: Number.MAX_SAFE_INTEGER });
      if (!result.ok || !isIt(request.room)) return result;
      const shown = await log();
      const seq = shown.findIndex((entry) => equal(entry.digest, request.digest)) + 1;
      return { ...result, seq, digests: shown.slice(request.position, seq).map((entry) => entry.digest) };
    },
  };
}
