/** Honest members writing a room's log, for tests that then lie about it. Keys come from the unsafe pool. */
import {
  accountIdOf,
  applyMembership,
  type Bytes,
  b64,
  type ChainPoint,
  chainHead,
  chainStart,
  chainStep,
  type DraftHeader,
  deviceIdOf,
  encodeCommit,
  encodeMembership,
  encodePayload,
  envelopeDigest,
  exportSpki,
  extendKeyChain,
  hex,
  type KeyChain,
  KIND,
  type MembershipState,
  type MembershipStatement,
  makeEpoch,
  messageIdAt,
  parseMembership,
  type Recipient,
  type RecipientKey,
  randomBytes,
  recipientKeysAt,
  recipientOf,
  roomIdOf,
  type StatementBody,
  sealMessage,
  senderKeyOf,
  signPlain,
  signStatement,
  verifyEnvelope,
  zeros,
} from '@sotto/protocol';
import { unsafeEncryptionPair, unsafeSigningPair } from '@sotto/protocol/testing';

export class Person {
  readonly account: Bytes;
  readonly device: Bytes;
  readonly #accountKey: CryptoKey;
  readonly deviceKey: CryptoKey;
  chain: KeyChain | null = null;

  private constructor(account: Bytes, device: Bytes, accountKey: CryptoKey, deviceKey: CryptoKey) {
    this.account = account;
    this.device = device;
    this.#accountKey = accountKey;
    this.deviceKey = deviceKey;
  }

  /** Person `i`: an account, one device, one encryption key. */
  static async make(i: number): Promise<Person> {
    const [accountPair, devicePair] = [await unsafeSigningPair(2 * i), await unsafeSigningPair(2 * i + 1)];
    const accountKey = await exportSpki(accountPair.publicKey);
    const deviceKey = await exportSpki(devicePair.publicKey);
    const account = await accountIdOf(accountKey);
    const person = new Person(
      account,
      await deviceIdOf(deviceKey),
      accountPair.privateKey,
      devicePair.privateKey,
    );
    await person.state({ type: 'account.create', accountKey: b64(accountKey), handle: b64(randomBytes(32)) });
    await person.state({ type: 'device.add', deviceKey: b64(deviceKey) });
    await person.publish(i);
    return person;
  }

  async state(body: StatementBody): Promise<void> {
    const signer = body.type === 'key.publish' ? this.deviceKey : this.#accountKey;
    this.chain = await extendKeyChain(
      this.chain,
      await signStatement(this.chain, this.account, body, signer, 1),
    );
  }

  /** Publishes encryption key `i` of the pool as this device's next. */
  async publish(i: number): Promise<void> {
    const key = b64(await exportSpki((await unsafeEncryptionPair(i)).publicKey));
    const number = (this.chain?.devices.get(hex(this.device))?.keys.length ?? 0) + 1;
    await this.state({ type: 'key.publish', device: b64(this.device), number, key });
  }

  get point(): ChainPoint {
    return { seq: this.chain?.seq ?? 0, hash: b64(chainHead(this.chain)) };
  }
}

/** The room's log and what its honest members know of it. */
export class RoomWorld {
  readonly room: Bytes;
  readonly entries: Bytes[] = [];
  readonly recipients = new Map<number, Recipient[]>();
  readonly #people = new Map<string, Person>();
  readonly #writers = new Map<string, { seq: number; digest: Bytes }>();
  membership: MembershipState | null = null;
  epoch = 0;
  commitHash: Bytes = zeros(32);
  secret: Bytes = zeros(32);
  chain: Bytes;

  private constructor(room: Bytes, chain: Bytes) {
    this.room = room;
    this.chain = chain;
  }

  /** A room with its creator in it, under epoch 1. */
  static async of(creator: Person, ...others: Person[]): Promise<RoomWorld> {
    const salt = randomBytes(16);
    const room = await roomIdOf(creator.account, salt);
    const world = new RoomWorld(room, await chainStart(room));
    world.know(creator);
    await world.state(creator, { type: 'room.create', salt: b64(salt), chain: creator.point });
    for (const one of others) await world.add(creator, one);
    await world.commit(creator);
    return world;
  }

  know(person: Person): void {
    this.#people.set(hex(person.account), person);
  }

  async add(by: Person, who: Person): Promise<void> {
    this.know(who);
    await this.state(by, { type: 'member.add', account: b64(who.account), role: 'member', chain: who.point });
  }

  draft(who: Person, change: Partial<DraftHeader> = {}): DraftHeader {
    const last = this.#writers.get(hex(who.device));
    return {
      room: this.room,
      epoch: this.epoch,
      commit: this.commitHash.slice(0, 16),
      account: who.account,
      device: who.device,
      deviceSeq: (last?.seq ?? 0) + 1,
      id: messageIdAt(Date.now()),
      head: this.entries.length,
      headHash: this.chain,
      previous: last?.digest ?? zeros(32),
      sentAt: Date.now(),
      ...change,
    };
  }

  /** Appends as a server does that checks nothing. */
  async append(who: Person, envelope: Bytes): Promise<void> {
    const digest = await envelopeDigest(envelope);
    this.entries.push(envelope);
    this.chain = await chainStep(this.chain, this.entries.length, digest);
    const seq = (this.#writers.get(hex(who.device))?.seq ?? 0) + 1;
    this.#writers.set(hex(who.device), { seq, digest });
  }

  /** Signs a statement about members and takes it as it is; `ignore` leaves the honest state alone (for forbidden ones). */
  async state(who: Person, statement: MembershipStatement, ignore = false): Promise<void> {
    const body = encodeMembership(this.membership, statement);
    const envelope = await signPlain(KIND.membership, this.draft(who), body, who.deviceKey);
    await this.append(who, envelope);
    if (ignore) return;
    const { prev } = parseMembership(body);
    const entry = {
      room: this.room,
      sender: who.account,
      seq: this.entries.length,
      digest: await envelopeDigest(envelope),
    };
    this.membership = await applyMembership(this.membership, statement, prev, entry);
  }

  /** The keys that an honest committer wraps to. */
  newestKeys(): RecipientKey[] {
    const out: RecipientKey[] = [];
    for (const id of this.membership?.members.keys() ?? []) {
      const chain = this.#people.get(id)?.chain;
      if (chain) out.push(...recipientKeysAt(chain, chain.seq));
    }
    return out;
  }

  /** Makes the next epoch; a dishonest committer passes other recipients or another membership. */
  async commit(
    who: Person,
    keys = this.newestKeys(),
    membership = this.membership?.hash ?? zeros(32),
  ): Promise<void> {
    const context = {
      room: this.room,
      epoch: this.epoch + 1,
      previous: this.commitHash,
      membership,
      committer: who.device,
    };
    const made = await makeEpoch(context, keys);
    const draft = this.draft(who, { epoch: context.epoch });
    const envelope = await signPlain(KIND.commit, draft, encodeCommit(made.body), who.deviceKey);
    this.recipients.set(context.epoch, await Promise.all(made.wraps.map(recipientOf)));
    await this.append(who, envelope);
    this.epoch = context.epoch;
    this.commitHash = await envelopeDigest(envelope);
    this.secret = made.secret;
  }

  async say(who: Person, text: string, change: Partial<DraftHeader> = {}): Promise<Bytes> {
    const senderKey = await senderKeyOf(this.secret, this.commitHash, who.device);
    const payload = encodePayload({ kind: 'text', text });
    const envelope = await sealMessage(this.draft(who, change), payload, senderKey, who.deviceKey);
    await this.append(who, envelope);
    return envelope;
  }

  /** What a client of this room asks for: the people's key chains, and the recipients of each commit. */
  sources() {
    return {
      keyChain: async (account: Bytes) => this.#people.get(hex(account))?.chain as KeyChain,
      refresh: async () => {},
      recipients: async (epoch: number) => this.recipients.get(epoch) ?? [],
      verify: verifyEnvelope,
    };
  }
}
