/** Invites (design section 6, Trust): what a link leads to, and the statements by which its holder checks the room. */
import { type Bytes, b64, fromB64, hex, type Invite, LIMITS, SottoError } from '@sotto/protocol';
import { visible } from '../live/window.ts';
import { type CallParts, type Handler, signedIn } from './context.ts';

/** The live invite and its room. Throws `invite_invalid`. */
async function liveInvite({ store, folds }: CallParts, id: Bytes): Promise<{ room: Bytes; invite: Invite }> {
  const room = await store.invite(id, Date.now());
  const state = room === null ? null : await folds.newest(room);
  const invite = state?.invites.get(hex(id));
  if (room === null || invite === undefined) throw new SottoError('invite_invalid');
  return { room, invite };
}

export const inviteOpen: Handler<'invite.open'> = async (parts, { args, session }) => {
  signedIn(session);
  const { store, chains, handles } = parts;
  const { room, invite } = await liveInvite(parts, fromB64(args.invite));
  const [[entry], [inviter], [head = 0]] = await Promise.all([
    store.read(room, invite.seq, 1, LIMITS.envelopeBytes),
    store.accounts([invite.inviter]),
    store.heads([room]),
  ]);
  if (entry === undefined || inviter === null || inviter === undefined)
    throw new SottoError('invite_invalid');
  session.introduced.add(hex(invite.inviter));
  return {
    room: b64(room),
    envelope: b64(entry.bytes),
    inviterHandle: await handles.open(invite.inviter, inviter.sealedHandle),
    head,
    chain: b64(await chains.at(room, head)),
  };
};

export const inviteRead: Handler<'invite.read'> = async (parts, { args, session, id }) => {
  signedIn(session);
  const { store, chains, reads } = parts;
  const { room } = await liveInvite(parts, fromB64(args.invite));
  const head = (await store.heads([room]))[0] ?? 0;
  const limit = Math.min(args.limit, LIMITS.readEntries, head - args.from + 1);
  const page = () => store.read(room, args.from, limit, LIMITS.readBytes);
  const entries = limit < 1 ? [] : await reads.run(page);
  session.entries({
    request: id,
    room,
    from: args.from,
    entries: visible(entries, Number.POSITIVE_INFINITY),
  });
  return { count: entries.length, head, chain: b64(await chains.at(room, head)) };
};
