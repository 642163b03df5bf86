/** Rooms: the caller's list, and reading a room's log within the caller's bounds. */
import { b64, fromB64, LIMITS } from '@sotto/protocol';
import { visible } from '../live/window.ts';
import { type Handler, membershipOf, presentMembership, signedIn } from './context.ts';

export const rooms: Handler<'rooms'> = async ({ store, summaries }, { session }) => {
  const { account } = signedIn(session);
  return { rooms: await summaries.all(await store.memberships(account)) };
};

export const read: Handler<'read'> = async ({ store, chains, reads }, { args, session, id }) => {
  const identity = signedIn(session);
  const room = fromB64(args.room);
  const { since, until } = await membershipOf(store, room, identity);
  chains.check(room);
  const head = until ?? (await store.heads([room]))[0] ?? 0;
  const limit = Math.min(args.limit, LIMITS.readEntries, head - args.from + 1);
  const page = () => store.read(room, args.from, limit, LIMITS.readBytes);
  const entries = limit < 1 ? [] : await reads.run(page);
  session.entries({ request: id, room, from: args.from, entries: visible(entries, since) });
  return { count: entries.length, head, chain: b64(await chains.at(room, head)) };
};

export const cursorSet: Handler<'cursor.set'> = async ({ store, presence }, { args, session }) => {
  const identity = signedIn(session);
  const room = fromB64(args.room);
  const { until, cursor } = await membershipOf(store, room, identity);
  const head = until ?? (await store.heads([room]))[0] ?? 0;
  const seq = Math.min(args.seq, head);
  if (seq <= cursor) return {};
  await store.setCursor(room, identity.account, seq);
  presence.cursor(identity.account, room, seq, session);
  return {};
};

export const typing: Handler<'typing'> = async ({ store, presence }, { args, session }) => {
  const identity = signedIn(session);
  const room = fromB64(args.room);
  await presentMembership(store, room, identity);
  presence.typing(room, identity.account, args.typing, session);
  return {};
};

export const presenceOf: Handler<'presence'> = async ({ store, presence }, { args, session }) => {
  const identity = signedIn(session);
  const room = fromB64(args.room);
  await presentMembership(store, room, identity);
  return { online: await presence.everyone(room) };
};
