/** A room as its members' devices see it: makes the next envelope of any of them, right or wrong in one chosen way. */
import {
  applyMembership,
  type Bytes,
  b64,
  chainStart,
  type DraftHeader,
  encodeCommit,
  encodeMembership,
  encodePayload,
  envelopeDigest,
  hex,
  isNack,
  KIND,
  type MembershipState,
  type MembershipStatement,
  makeEpoch,
  membershipLink,
  messageIdAt,
  type NewEpoch,
  parseEnvelope,
  parseMembership,
  type RecipientKey,
  randomBytes,
  recipientKeysAt,
  roomIdOf,
  SottoError,
  sealMessage,
  senderKeyOf,
  signPlain,
  zeros,
} from '@sotto/protocol';
import { type Person, point } from './people.ts';
import type { RawClient } from './raw-client.ts';

type Change = Partial<DraftHeader>;

export class Room {
  readonly room: Bytes;
  readonly salt: Bytes;
  readonly #start: Bytes;
  readonly #people = new Map<string, Person>();
  /** Per device: its count of envelopes and the digest of its newest. */
  readonly #writers = new Map<string, { seq: number; previous: Bytes }>();
  state: MembershipState | null = null;
  epoch = 0;
  commitHash: Bytes = zeros(32);
  secret: Bytes = zeros(32);

  private constructor(room: Bytes, salt: Bytes, start: Bytes) {
    this.room = room;
    this.salt = salt;
    this.#start = start;
  }

  /** A room that its creator has not sent yet. */
  static async of(creator: Person): Promise<Room> {
    const salt = randomBytes(16);
    const id = await roomIdOf(creator.account, salt);
    return new Room(id, salt, await chainStart(id));
  }

  get key(): string {
    return b64(this.room);
  }

  draft(who: Person, change: Change = {}): DraftHeader {
    this.#people.set(hex(who.account), who);
    const { seq, previous } = this.#writers.get(hex(who.device)) ?? { seq: 0, previous: zeros(32) };
    return {
      room: this.room,
      epoch: this.epoch,
      commit: this.commitHash.slice(0, 16),
      account: who.account,
      device: who.device,
      deviceSeq: seq + 1,
      id: messageIdAt(Date.now()),
      head: 0,
      headHash: this.#start,
      previous,
      sentAt: Date.now(),
      ...change,
    };
  }

  statement(who: Person, statement: MembershipStatement, change: Change = {}, prev?: Bytes): Promise<Bytes> {
    const body =
      prev === undefined
        ? encodeMembership(this.state, statement)
        : new Uint8Array(Buffer.from(JSON.stringify({ v: 1, prev: b64(prev), ...statement })));
    return signPlain(KIND.membership, this.draft(who, change), body, who.deviceKey);
  }

  create(who: Person, change: Change = {}): Promise<Bytes> {
    return this.statement(who, { type: 'room.create', salt: b64(this.salt), chain: point(who) }, change);
  }

  add(who: Person, whom: Person): Promise<Bytes> {
    this.#people.set(hex(whom.account), whom);
    return this.statement(who, {
      type: 'member.add',
      account: b64(whom.account),
      role: 'member',
      chain: point(whom),
    });
  }

  async message(who: Person, text: string, change: Change = {}): Promise<Bytes> {
    const key = await senderKeyOf(this.secret, this.commitHash, who.device);
    return sealMessage(this.draft(who, change), encodePayload({ kind: 'text', text }), key, who.deviceKey);
  }

  grant(who: Person, body: Bytes): Promise<Bytes> {
    return signPlain(KIND.history, this.draft(who), body, who.deviceKey);
  }

  /** Everybody's newest keys. */
  recipients(): RecipientKey[] {
    return [...(this.state?.members.keys() ?? [])].flatMap((id) => {
      const { chain } = this.#people.get(id) as Person;
      return recipientKeysAt(chain, chain.seq);
    });
  }

  /** A commit whose wraps are staged over `client`. */
  async commit(
    who: Person,
    client: RawClient,
    options: { recipients?: RecipientKey[]; stage?: boolean; change?: Change; membership?: Bytes } = {},
  ): Promise<{ envelope: Bytes; made: NewEpoch }> {
    const header = this.draft(who, { epoch: this.epoch + 1, ...options.change });
    const context = {
      room: this.room,
      epoch: this.epoch + 1,
      previous: this.commitHash,
      membership: options.membership ?? membershipLink(this.state),
      committer: who.device,
    };
    const made = await makeEpoch(context, options.recipients ?? this.recipients());
    if (options.stage !== false) {
      const wraps = made.wraps.map((w) => ({
        device: b64(w.device),
        keyId: b64(w.keyId),
        wrap: b64(w.wrap),
      }));
      await client.call('wraps.stage', { room: this.key, commit: b64(header.id), wraps });
    }
    return { envelope: await signPlain(KIND.commit, header, encodeCommit(made.body), who.deviceKey), made };
  }

  /** Sends an envelope that must be admitted, and takes it in. Answers its sequence. */
  async append(client: RawClient, envelope: Bytes, made?: NewEpoch): Promise<number> {
    const [answer] = await client.send(envelope);
    if (answer === undefined || isNack(answer))
      throw SottoError.fromWire(answer?.error ?? { code: 'internal' });
    await this.took(envelope, answer.seq, made);
    return answer.seq;
  }

  async took(envelope: Bytes, seq: number, made?: NewEpoch): Promise<void> {
    const { header, body } = parseEnvelope(envelope);
    const digest = await envelopeDigest(envelope);
    this.#writers.set(hex(header.device), { seq: header.deviceSeq, previous: digest });
    if (header.kind === KIND.membership) {
      const { statement, prev } = parseMembership(body);
      const entry = { room: this.room, sender: header.account, seq, digest };
      this.state = await applyMembership(this.state, statement, prev, entry);
    } else if (header.kind === KIND.commit && made !== undefined) {
      this.epoch = header.epoch;
      this.commitHash = digest;
      this.secret = made.secret;
    }
  }

  async renew(who: Person, client: RawClient): Promise<number> {
    const { envelope, made } = await this.commit(who, client);
    return this.append(client, envelope, made);
  }

  async say(who: Person, client: RawClient, text: string): Promise<number> {
    return this.append(client, await this.message(who, text));
  }
}

/** A room of the creator and those it adds, in its first epoch. */
export async function makeRoom(creator: Person, client: RawClient, ...others: Person[]): Promise<Room> {
  const room = await Room.of(creator);
  await room.append(client, await room.create(creator));
  for (const other of others) await room.append(client, await room.add(creator, other));
  await room.renew(creator, client);
  return room;
}
