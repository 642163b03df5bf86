/** Wraps of epochs (design section 6): staged before a commit, fetched one by one, their recipients listed for the audit. */

import type { Membership, Store } from '@sotto/log';
import {
  type Bytes,
  b64,
  concat,
  equal,
  fromB64,
  merklePath,
  recipientLeaf,
  recipientOf,
  SottoError,
  type Wrap,
} from '@sotto/protocol';
import { type Handler, membershipOf, presentMembership, signedIn } from './context.ts';

export const wrapsStage: Handler<'wraps.stage'> = async ({ store }, { args, session }) => {
  const identity = signedIn(session);
  const room = fromB64(args.room);
  await presentMembership(store, room, identity);
  const wraps: Wrap[] = args.wraps.map((w) => ({
    device: fromB64(w.device),
    keyId: fromB64(w.keyId),
    wrap: fromB64(w.wrap),
  }));
  await store.stageWraps(room, fromB64(args.commit), identity.device, wraps, Date.now());
  return {};
};

/** A former member gets nothing of epochs that began after it had left. */
async function epochWraps(store: Store, room: Bytes, epoch: number, membership: Membership): Promise<Wrap[]> {
  if (membership.until !== null && epoch > (await lastEpoch(store, room, membership.until))) {
    throw new SottoError('not_member');
  }
  const wraps = await store.wraps(room, epoch);
  if (wraps.length === 0) throw new SottoError('bad_request', 'there is no such epoch');
  return wraps;
}

/** The epoch in force at the entry of a removal. */
async function lastEpoch(store: Store, room: Bytes, until: number): Promise<number> {
  const [entry] = await store.read(room, until, 1, 1);
  return entry === undefined
    ? 0
    : Number(new DataView(entry.bytes.buffer, entry.bytes.byteOffset).getBigUint64(24));
}

export const wrapFetch: Handler<'wrap.fetch'> = async ({ store }, { args, session }) => {
  const identity = signedIn(session);
  const room = fromB64(args.room);
  const wraps = await epochWraps(store, room, args.epoch, await membershipOf(store, room, identity));
  const index = wraps.findIndex((w) => equal(w.device, identity.device));
  const mine = wraps[index];
  if (mine === undefined) throw new SottoError('unknown_device', 'this epoch was not made for this device');
  const leaves = await Promise.all(wraps.map(async (w) => recipientLeaf(await recipientOf(w))));
  const path = (await merklePath(leaves, index)).map(b64);
  return { keyId: b64(mine.keyId), wrap: b64(mine.wrap), index, size: wraps.length, path };
};

export const recipientsFetch: Handler<'recipients.fetch'> = async ({ store }, { args, session }) => {
  const identity = signedIn(session);
  const room = fromB64(args.room);
  const wraps = await epochWraps(store, room, args.epoch, await membershipOf(store, room, identity));
  const rows = await Promise.all(wraps.map(recipientOf));
  return { recipients: b64(concat(...rows.flatMap((r) => [r.device, r.keyId, r.wrapHash]))) };
};
