/** A room made with bare clients: enough of design section 6 to send envelopes that a server admits. */
import {
  applyMembership,
  type Bytes,
  b64,
  chainHead,
  chainStart,
  compareBytes,
  type DraftHeader,
  encodeCommit,
  encodeMembership,
  encodePayload,
  envelopeDigest,
  isNack,
  KIND,
  LIMITS,
  type MembershipState,
  type MembershipStatement,
  makeEpoch,
  messageIdAt,
  parseMembership,
  randomBytes,
  recipientKeysAt,
  roomIdOf,
  SottoError,
  sealMessage,
  senderKeyOf,
  signPlain,
  zeros,
} from '@sotto/protocol';
import type { BareAccount } from './bare-account.ts';
import type { BareClient } from './bare-client.ts';

/** A member with its connection. */
export interface BareMember {
  readonly account: BareAccount;
  readonly client: BareClient;
}

export interface BareRoom {
  readonly room: Bytes;
  readonly epoch: number;
  readonly commitHash: Bytes;
  readonly secret: Bytes;
  /** Where each device's writing goes on, by base64url device id. */
  readonly writers: ReadonlyMap<string, Writer>;
}

/** One device's place in a room. */
export interface Writer {
  deviceSeq: number;
  previous: Bytes;
}

const point = (account: BareAccount) => ({ seq: account.chain.seq, hash: b64(chainHead(account.chain)) });

async function append(client: BareClient, envelope: Bytes): Promise<number> {
  const answer = await client.send(envelope);
  if (isNack(answer)) throw SottoError.fromWire(answer.error);
  return answer.seq;
}

/** The first member's room: it adds the others and makes the one epoch that all of them write in. */
export async function makeBareRoom(members: readonly BareMember[]): Promise<BareRoom> {
  const owner = members[0] as BareMember;
  const salt = randomBytes(16);
  const room = await roomIdOf(owner.account.account, salt);
  const start = await chainStart(room);
  const writers = new Map(members.map((m) => [b64(m.account.device), { deviceSeq: 0, previous: zeros(32) }]));
  const writer = writers.get(b64(owner.account.device)) as Writer;
  const draft = (id: Bytes): DraftHeader =>
    draftOf({ room, epoch: 0, commitHash: zeros(32) }, owner.account, writer, id, start);
  const sent = async (envelope: Bytes): Promise<{ seq: number; digest: Bytes }> => {
    const seq = await append(owner.client, envelope);
    const digest = await envelopeDigest(envelope);
    writer.deviceSeq++;
    writer.previous = digest;
    return { seq, digest };
  };

  let state: MembershipState | null = null;
  const statements: MembershipStatement[] = [
    { type: 'room.create', salt: b64(salt), chain: point(owner.account) },
    ...members.slice(1).map(
      ({ account }): MembershipStatement => ({
        type: 'member.add',
        account: b64(account.account),
        role: 'member',
        chain: point(account),
      }),
    ),
  ];
  for (const statement of statements) {
    const body = encodeMembership(state, statement);
    const envelope = await signPlain(
      KIND.membership,
      draft(messageIdAt(Date.now())),
      body,
      owner.account.deviceKey,
    );
    const { prev } = parseMembership(body);
    const { seq, digest } = await sent(envelope);
    state = await applyMembership(state, statement, prev, {
      room,
      sender: owner.account.account,
      seq,
      digest,
    });
  }

  const commit = messageIdAt(Date.now());
  const recipients = members.flatMap(({ account }) => recipientKeysAt(account.chain, account.chain.seq));
  const made = await makeEpoch(
    {
      room,
      epoch: 1,
      previous: zeros(32),
      membership: (state as MembershipState).hash,
      committer: owner.account.device,
    },
    recipients,
  );
  const wraps = [...made.wraps].sort((a, b) => compareBytes(a.device, b.device));
  for (let i = 0; i < wraps.length; i += LIMITS.wrapsPerChunk) {
    const chunk = wraps.slice(i, i + LIMITS.wrapsPerChunk);
    await owner.client.call('wraps.stage', {
      room: b64(room),
      commit: b64(commit),
      wraps: chunk.map((w) => ({ device: b64(w.device), keyId: b64(w.keyId), wrap: b64(w.wrap) })),
    });
  }
  const header = { ...draft(commit), epoch: 1 };
  const { digest } = await sent(
    await signPlain(KIND.commit, header, encodeCommit(made.body), owner.account.deviceKey),
  );
  return { room, epoch: 1, commitHash: digest, secret: made.secret, writers };
}

function draftOf(
  { room, epoch, commitHash }: Pick<BareRoom, 'room' | 'epoch' | 'commitHash'>,
  account: BareAccount,
  writer: Writer,
  id: Bytes,
  start: Bytes,
): DraftHeader {
  return {
    room,
    epoch,
    commit: commitHash.slice(0, 16),
    account: account.account,
    device: account.device,
    deviceSeq: writer.deviceSeq + 1,
    id,
    // The gossip of a device that has applied nothing yet: true, and therefore never in conflict.
    head: 0,
    headHash: start,
    previous: writer.previous,
    sentAt: Date.now(),
  };
}

/** Seals the account's next `texts.length` messages, to be sent in this order. */
export async function sealBeforehand(
  room: BareRoom,
  account: BareAccount,
  texts: readonly string[],
): Promise<Bytes[]> {
  const writer = room.writers.get(b64(account.device)) as Writer;
  const start = await chainStart(room.room);
  const senderKey = await senderKeyOf(room.secret, room.commitHash, account.device);
  const out: Bytes[] = [];
  for (const text of texts) {
    const draft = draftOf(room, account, writer, messageIdAt(Date.now()), start);
    const envelope = await sealMessage(
      draft,
      encodePayload({ kind: 'text', text }),
      senderKey,
      account.deviceKey,
    );
    writer.deviceSeq++;
    writer.previous = await envelopeDigest(envelope);
    out.push(envelope);
  }
  return out;
}
