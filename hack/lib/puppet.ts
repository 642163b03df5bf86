/**
 * Somebody's device, moved by hand: it writes whatever a test wants under its real keys. A member who lies, a thief, or a server that has
 * one of them at its side. The device's own client must be closed, or both would count on from the same envelope.
 */
import type { LogEntry, Store } from '@sotto/log';
import {
  applyMembership,
  type Bytes,
  chainStart,
  chainStep,
  type DraftHeader,
  encodeCommit,
  encodeMembership,
  encodePayload,
  equal,
  fromB64,
  hex,
  KIND,
  type MembershipState,
  type MembershipStatement,
  makeEpoch,
  messageIdAt,
  type NewEpoch,
  parseCommit,
  parseEnvelope,
  parseMembership,
  type RecipientKey,
  readKeyChain,
  recipientKeysAt,
  sealMessage,
  senderKeyOf,
  signPlain,
  unwrapSecret,
  zeros,
} from '@sotto/protocol';
import { unsafeEncryptionPair, unsafeSigningPair } from '@sotto/protocol/testing';
import { type BareClient, bareClient } from './bare-client.ts';
import type { Person } from './person.ts';

/** A room as its log in the store has it. */
export interface Seen {
  readonly head: number;
  readonly chain: Bytes;
  readonly epoch: number;
  readonly commitHash: Bytes;
  readonly membership: MembershipState;
}

/** Numbers of pairs in the pool, as `unsafeKeys(i)` deals them out. */
const devicePair = (i: number) => unsafeSigningPair(4 * i + 1);

export const wholeLog = (store: Store, room: Bytes): Promise<LogEntry[]> =>
  store.read(room, 1, Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);

export const kindOfEntry = (entry: LogEntry): number => entry.bytes[5] as number;

/** Everybody's newest encryption keys, as an honest committer takes them. */
export async function newestKeys(store: Store, membership: MembershipState): Promise<RecipientKey[]> {
  const out: RecipientKey[] = [];
  for (const { account } of membership.members.values()) {
    const chain = await readKeyChain(null, await store.chain(account, 1, 4096));
    if (chain !== null) out.push(...recipientKeysAt(chain, chain.seq));
  }
  return out;
}

export class Puppet {
  readonly account: Bytes;
  readonly device: Bytes;
  readonly #i: number;
  readonly #store: Store;
  readonly #room: Bytes;
  /** What it wrote last, where the log may not have it. */
  #last: { seq: number; digest: Bytes } | null = null;

  constructor(store: Store, room: string, person: Person) {
    this.account = person.mule.account;
    this.device = person.mule.device;
    this.#i = person.i;
    this.#store = store;
    this.#room = fromB64(room);
  }

  /** A connection of its own, signed in as this device. */
  async signIn(url: string): Promise<BareClient> {
    const chain = await readKeyChain(null, await this.#store.chain(this.account, 1, 4096));
    if (chain === null) throw new Error('it has no account here');
    const { privateKey: deviceKey } = await devicePair(this.#i);
    const { account, device } = this;
    return bareClient(url, { account, device, deviceKey, chain });
  }

  async seen(): Promise<Seen> {
    let chain = await chainStart(this.#room);
    let membership: MembershipState | null = null;
    let [epoch, commitHash, head] = [0, zeros(32) as Bytes, 0];
    for (const { seq, bytes, digest } of await wholeLog(this.#store, this.#room)) {
      head = seq;
      chain = await chainStep(chain, seq, digest);
      const { header, body } = parseEnvelope(bytes);
      if (hex(header.device) === hex(this.device)) this.#last = { seq: header.deviceSeq, digest };
      if (header.kind === KIND.commit) [epoch, commitHash] = [header.epoch, digest];
      if (header.kind !== KIND.membership) continue;
      const { statement, prev } = parseMembership(body);
      const entry = { room: this.#room, sender: header.account, seq, digest };
      // What nobody was entitled to say changes nothing.
      membership = await applyMembership(membership, statement, prev, entry).catch(() => membership);
    }
    return { head, chain, epoch, commitHash, membership: membership as MembershipState };
  }

  /** The header of this device's next envelope. */
  async draft(change: Partial<DraftHeader> = {}): Promise<DraftHeader> {
    const { head, chain, epoch, commitHash } = await this.seen();
    return {
      room: this.#room,
      epoch,
      commit: commitHash.slice(0, 16),
      account: this.account,
      device: this.device,
      deviceSeq: (this.#last?.seq ?? 0) + 1,
      id: messageIdAt(Date.now()),
      head,
      headHash: chain,
      previous: this.#last?.digest ?? zeros(32),
      sentAt: Date.now(),
      ...change,
    };
  }

  /** The secret of an epoch, by this device's first encryption key; null where nothing was wrapped to it. */
  async secret(epoch: number): Promise<Bytes | null> {
    const wrap = (await this.#store.wraps(this.#room, epoch)).find((w) => equal(w.device, this.device));
    const log = await wholeLog(this.#store, this.#room);
    const commit = log
      .map(({ bytes }) => parseEnvelope(bytes))
      .find(({ header }) => header.kind === KIND.commit && header.epoch === epoch);
    if (wrap === undefined || commit === undefined) return null;
    const { commitment } = parseCommit(commit.body);
    const { privateKey } = await unsafeEncryptionPair(this.#i);
    const { device: committer, room } = commit.header;
    const context = { room, epoch, committer, recipient: this.device, keyId: wrap.keyId, commitment };
    return unwrapSecret(privateKey, wrap.wrap, context);
  }

  /** A message under the epoch in force, or under a secret of one's own. */
  async message(
    text: string,
    change: Partial<DraftHeader> = {},
    under?: { secret: Bytes; commitHash: Bytes },
  ): Promise<Bytes> {
    const seen = await this.seen();
    const secret = under?.secret ?? (await this.secret(seen.epoch)) ?? zeros(32);
    const key = await senderKeyOf(secret, under?.commitHash ?? seen.commitHash, this.device);
    const { privateKey } = await devicePair(this.#i);
    return sealMessage(await this.draft(change), encodePayload({ kind: 'text', text }), key, privateKey);
  }

  async statement(statement: MembershipStatement): Promise<Bytes> {
    const { membership } = await this.seen();
    const { privateKey } = await devicePair(this.#i);
    return signPlain(
      KIND.membership,
      await this.draft(),
      encodeMembership(membership, statement),
      privateKey,
    );
  }

  async grant(body: Bytes): Promise<Bytes> {
    const { privateKey } = await devicePair(this.#i);
    return signPlain(KIND.history, await this.draft(), body, privateKey);
  }

  /** The next epoch. `recipients`: what the committer makes of everybody's newest keys; `made`: what it makes of the epoch itself. */
  async commit(
    recipients: (newest: RecipientKey[]) => RecipientKey[] | Promise<RecipientKey[]> = (newest) => newest,
    change: (made: NewEpoch) => NewEpoch | Promise<NewEpoch> = (made) => made,
  ): Promise<{ envelope: Bytes; made: NewEpoch }> {
    const seen = await this.seen();
    const epoch = seen.epoch + 1;
    const context = {
      room: this.#room,
      epoch,
      previous: seen.commitHash,
      membership: seen.membership.hash,
      committer: this.device,
    };
    const keys = await recipients(await newestKeys(this.#store, seen.membership));
    const made = await change(await makeEpoch(context, keys));
    const { privateKey } = await devicePair(this.#i);
    const draft = await this.draft({ epoch });
    return { envelope: await signPlain(KIND.commit, draft, encodeCommit(made.body), privateKey), made };
  }
}
