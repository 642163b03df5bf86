/** What people call rooms and each other, and what is meant. */
import type { MemberView, RoomView, SottoClientApi } from '../views.ts';
import { inline } from './printable.ts';

/** The room with this id, or the only one with this name. Throws a sentence where there is none, or more than one. */
export function findRoom(rooms: readonly RoomView[], wanted: string): RoomView {
  const byId = rooms.find(({ room }) => room === wanted);
  if (byId !== undefined) return byId;
  const named = rooms.filter(({ name }) => name === wanted);
  // A room that was left keeps its name, but nobody means it as long as there is a living one.
  const living = named.filter(({ role }) => role !== null);
  const meant = living.length > 0 ? living : named;
  if (meant.length > 1) {
    const ids = meant.map(({ room }) => room).join(', ');
    throw new Error(
      `There are ${meant.length} rooms with the name "${inline(wanted)}"; say which by its id: ${ids}.`,
    );
  }
  if (meant[0] === undefined) throw new Error(`You are in no room with the id or name "${inline(wanted)}".`);
  return meant[0];
}

const bare = (handle: string): string => handle.replace(/^@/, '');

function only(members: readonly MemberView[], handle: string, where: string): MemberView {
  const accounts = new Map(members.filter((m) => m.handle === handle).map((m) => [m.account, m]));
  const [first] = accounts.values();
  if (first === undefined) throw new Error(`${where} "${inline(handle)}".`);
  // The directory gives a handle to one account: two of them are a lie, or a change that this device saw half of.
  if (accounts.size > 1)
    throw new Error(`${accounts.size} accounts are shown as "${inline(handle)}"; see "sotto alerts".`);
  return first;
}

/** The member of one room with this handle. Throws a sentence where there is none, or more than one. */
export const findMember = (members: readonly MemberView[], handle: string): MemberView =>
  only(members, bare(handle), 'The room has no member');

/** Somebody with whom a room is shared. Throws a sentence where there is none, or more than one. */
export function findPerson(client: Pick<SottoClientApi, 'rooms' | 'members'>, handle: string): MemberView {
  const everybody = client.rooms().flatMap(({ room }) => client.members(room));
  return only(everybody, bare(handle), 'You share no room with');
}
