/** Invite links from both ends (design section 6, Trust): neither trusts the server's introduction. */
import {
  type Bytes,
  b64,
  equal,
  formatInviteLink,
  fromB64,
  hex,
  type InvitePreview,
  type KeyChain,
  LIMITS,
  type MembershipStatement,
  makeInvite,
  openInvite,
  parseEnvelope,
  parseInviteLink,
  parseMembership,
  proveJoin,
  SottoError,
  verifyEnvelope,
  verifyKeyOf,
} from '@sotto/protocol';
import type { KeySource } from './keys.ts';
import { Lie } from './ledger/lie.ts';
import type { People } from './people/people.ts';
import { pointOf, type Room } from './room/room.ts';
import type { Storage } from './store/port.ts';
import type { Vault } from './store/vault.ts';
import type { Wire } from './wire.ts';

const USES = LIMITS.inviteUses;
/** A link that is handed out again must still be good for a while. */
const SPARE_MS = 24 * 3_600_000;

/** A link that this device made, as it is kept: sealed, since whoever has it may join. */
interface KeptLink {
  /** Hexadecimal invite id. */
  readonly invite: string;
  readonly link: string;
}

const linkKey = (room: string): string => `link/${room}`;

/**
 * A link into `room` under `origin`: the one that this device made before, for as long as it is good, else a new one. Resolves once the log
 * has it.
 */
export async function inviteLink(
  room: Room,
  origin: string,
  me: { handle: string; fingerprint: Bytes },
  parts: { storage: Storage; vault: Vault; keys: KeySource; now: () => number },
): Promise<string> {
  const { storage, vault, keys, now } = parts;
  const key = linkKey(room.id);
  const sealed = await storage.get<Bytes>('meta', key);
  const kept = sealed === undefined ? null : await vault.open<KeptLink>(key, sealed);
  const live = kept === null ? undefined : room.ledger.membership?.invites.get(kept.invite);
  const isSame = kept?.link.startsWith(`${origin.replace(/\/$/, '')}/i#`) === true;
  if (kept !== null && isSame && live !== undefined && live.expiresAt > now() + SPARE_MS) return kept.link;
  const preview = { roomName: room.view().name, inviterHandle: me.handle };
  const made = await makeInvite(fromB64(room.id), preview, await keys.signing(true));
  const statement: MembershipStatement = {
    type: 'invite.create',
    invite: b64(made.invite),
    key: b64(made.key),
    sealed: b64(made.sealed),
    expiresAt: now() + LIMITS.inviteAgeMs,
    uses: USES,
  };
  await room.state(() => statement);
  const { invite, secret } = made;
  const link = formatInviteLink(origin, { invite, fingerprint: me.fingerprint, secret });
  const value = await vault.seal(key, { invite: hex(invite), link } satisfies KeptLink);
  await storage.write([{ table: 'meta', key, value }]);
  return link;
}

/** A link that was opened and whose inviter is the one that it names. */
export interface OpenedInvite {
  readonly room: string;
  readonly invite: Bytes;
  /** The invite's private key: who has it may join. */
  readonly key: CryptoKey;
  readonly preview: InvitePreview;
  readonly inviter: KeyChain;
}

/** Rejects with `bad_request` (no link), `invite_invalid`, or a `Lie` where the server introduces somebody else. */
export async function openInviteLink(link: string, wire: Wire, people: People): Promise<OpenedInvite> {
  const parsed = parseInviteLink(link);
  if (parsed === null) throw new SottoError('bad_request', 'this is no invite link');
  const answer = await wire.call('invite.open', { invite: b64(parsed.invite) });
  const room = fromB64(answer.room);
  const envelope = parseEnvelope(fromB64(answer.envelope));
  const { statement } = parseMembership(envelope.body);
  const isIt =
    statement.type === 'invite.create' &&
    equal(envelope.header.room, room) &&
    equal(fromB64(statement.invite), parsed.invite);
  const opened = isIt ? await openInvite(room, parsed, fromB64(statement.sealed)) : null;
  if (opened === null) throw new SottoError('invite_invalid', 'the link does not open it');
  const [inviter] = await people.newest([envelope.header.account]);
  if (inviter === undefined || !equal(inviter.fingerprint, parsed.fingerprint)) {
    const sentence = 'The server put somebody else in the place of the person who invited you.';
    throw new Lie('ghost-member', sentence, {
      room,
      fingerprint: parsed.fingerprint,
      envelope: envelope.bytes,
    });
  }
  const device = inviter.devices.get(hex(envelope.header.device));
  const key = device === undefined ? null : await verifyKeyOf(device.spki);
  if (key === null || !(await verifyEnvelope(envelope, key))) {
    const sentence = 'The invite was not signed by the person whom the link names.';
    throw new Lie('bad-signature', sentence, { room, envelope: envelope.bytes });
  }
  return { room: answer.room, invite: parsed.invite, key: opened.key, preview: opened.preview, inviter };
}

/** Follows the room's statements up to now, then joins; resolves when this device's own log shows it. */
export async function joinByInvite(
  opened: OpenedInvite,
  room: Room,
  me: KeyChain,
  wire: Wire,
): Promise<void> {
  const { invite } = opened;
  const follow = async (): Promise<void> => {
    for (;;) {
      const from = room.ledger.seq + 1;
      const args = { invite: b64(invite), from, limit: LIMITS.readEntries };
      const { batch, head } = await wire.read('invite.read', args);
      if (batch !== null && batch.entries.length > 0) await room.preload(batch.from, batch.entries);
      if (room.ledger.seq >= head) return;
      if (room.ledger.seq < from) throw new SottoError('internal', 'the server gave no entries');
    }
  };
  const proof = await proveJoin(opened.key, fromB64(opened.room), invite, me.account, me.fingerprint);
  const statement: MembershipStatement = {
    type: 'member.join',
    invite: b64(invite),
    chain: pointOf(me),
    fingerprint: b64(me.fingerprint),
    proof: b64(proof),
  };
  await room.enter(statement, follow);
}
