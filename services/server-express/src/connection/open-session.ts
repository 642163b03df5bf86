/**
 * From a proven identity to a session that gets its rooms' entries. The order matters: rooms are followed before their heads
 * are told, and what was handed out in between is handed over afterwards, so that no entry falls into a gap.
 */

import type { Store } from '@sotto/log';
import { b64, hex, randomBytes, signWelcome, type Welcome } from '@sotto/protocol';
import type { Socket } from 'socket.io';
import type { ServerKeys } from '../keys/server-keys.ts';
import type { FanOut } from '../live/fan-out.ts';
import type { Follower } from '../live/follower.ts';
import type { Followers } from '../live/followers.ts';
import type { Summaries } from '../rooms/summaries.ts';
import type { Authenticated } from './authenticate.ts';
import { Session } from './session.ts';
import type { Sessions } from './sessions.ts';
import { issueTicket } from './tickets.ts';

export interface OpenParts {
  readonly store: Store;
  readonly keys: ServerKeys;
  readonly sessions: Sessions;
  readonly followers: Followers;
  readonly summaries: Summaries;
  readonly fanOut: FanOut;
}

/**
 * Registers the session, welcomes it, lets it into its rooms. `made` gets it before the welcome, since a client may call as
 * soon as it has that. The caller takes the session out again (`closeSession`).
 */
export async function openSession(
  parts: OpenParts,
  socket: Socket,
  who: Authenticated,
  address: string,
  made: (session: Session) => void,
): Promise<void> {
  const session = new Session(b64(randomBytes(12)), socket, who.channel, who.identity, address);
  made(session);
  const time = Date.now();
  if (who.identity === null) {
    parts.sessions.add(session);
    const signature = await signWelcome(parts.keys.signKey, who.channel.transcript);
    await session.welcome({ session: session.id, signature: b64(signature), rooms: [], time });
    return;
  }
  // From here on the session hears of rooms that it is let into or removed from.
  parts.sessions.add(session);
  const held: Follower[] = [];
  try {
    const { account, device } = who.identity;
    for (const { room, role } of await parts.store.memberships(account))
      if (role !== null) held.push(await parts.followers.hold(room));
    // Once more: who was removed after the first answer and before the room was followed must not be let in.
    const memberships = await parts.store.memberships(account);
    const holder = { account, device, chainSeq: who.chainSeq, secret: who.channel.resumption };
    const [rooms, ticket, signature] = await Promise.all([
      parts.summaries.all(memberships),
      issueTicket(parts.keys.ticketKey, holder, time),
      who.resumed ? null : signWelcome(parts.keys.signKey, who.channel.transcript),
    ]);
    const welcome: Welcome = {
      session: session.id,
      ...(signature === null ? {} : { signature: b64(signature) }),
      ticket,
      chainSeq: who.chainSeq,
      rooms,
      time,
    };
    await session.welcome(welcome);
    const told = new Map(rooms.filter(({ role }) => role !== null).map((room) => [room.room, room.head]));
    for (const follower of held) {
      const head = told.get(b64(follower.room));
      if (head === undefined || session.left.has(hex(follower.room))) continue;
      parts.followers.enter(session, follower);
      await parts.fanOut.catchUp(session, follower, head + 1);
    }
  } catch (error) {
    closeSession(parts, session);
    throw error;
  } finally {
    for (const follower of held) parts.followers.release(follower);
  }
}

export function closeSession({ sessions, followers }: OpenParts, session: Session): void {
  sessions.remove(session);
  followers.gone(session);
}
