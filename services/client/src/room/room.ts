/**
 * One room of this device: its journal, what it shows, and what waits to be sent. All that touches the log runs one after the other; the
 * sender beside it looks at what stands.
 */
import {
  type BatchEntry,
  type Bytes,
  b64,
  type EntryBatch,
  encodePayload,
  fromB64,
  hex,
  type KeyChain,
  type MembershipStatement,
  type Notice,
  type Payload,
  type RoomSummary,
  SottoError,
  type WireReceipt,
} from '@sotto/protocol';
import { isRetryable } from '../failure.ts';
import { Lie } from '../ledger/lie.ts';
import type { EpochState, Ledger } from '../ledger/state.ts';
import { Timeline } from '../timeline/fold.ts';
import type { EntryRecord } from '../timeline/record.ts';
import type { MemberView, RoomView, TimelineItem } from '../views.ts';
import { type Acknowledged, Acks } from './acks.ts';
import type { RoomContext, RoomEvents } from './context.ts';
import { commitControl, grantControl, outcome, statementControl } from './controls.ts';
import { Epochs } from './epochs.ts';
import { isIntroductionDue } from './introduction.ts';
import { Journal, type OwnEntry } from './journal.ts';
import { blockOf, memberViews } from './members.ts';
import { Outbox, type OutboxItem } from './outbox.ts';
import { verifiedReceipt } from './receipt.ts';
import { calledChanges, calledOf, keptSeq } from './room-row.ts';
import { type Control, Sender } from './sender.ts';
import { Typists } from './typists.ts';

const RETRY_MS = 2000;

export class Room {
  readonly id: string;
  readonly #ctx: RoomContext;
  readonly #room: Bytes;
  readonly #me: string;
  readonly #events: RoomEvents;
  readonly #epochs: Epochs;
  readonly #outbox: Outbox;
  readonly #sender: Sender;
  readonly #timeline: Timeline;
  readonly #acks = new Acks();
  readonly #typists: Typists;
  #journal!: Journal;
  /** Caught up since the connection began. */
  #synced = false;
  /** About to enter: statements may go although this account is no member yet, and the log is read by this. */
  #entering: (() => Promise<void>) | null = null;
  #closed = false;
  #serial: Promise<unknown> = Promise.resolve();
  #retry: ReturnType<typeof setTimeout> | undefined;
  #online: ReadonlySet<string> = new Set();
  /** Secrets of own commits on their way, by hexadecimal commit hash. */
  readonly #made = new Map<string, Bytes>();
  #reached: { seq: number; resolve(): void }[] = [];
  #announcing = false;
  #publishing = false;
  #called = '';

  private constructor(ctx: RoomContext, id: string) {
    this.id = id;
    this.#ctx = ctx;
    this.#room = fromB64(id);
    this.#me = b64(ctx.account);
    this.#events = ctx.events(id);
    const { storage, vault, wire, account, device, deviceKey, people, now } = ctx;
    this.#epochs = new Epochs({
      room: this.#room,
      device,
      storage,
      vault,
      wire,
      unwrapKey: (keyId) => ctx.unwrapKey(keyId),
      backUp: (epoch, secret) => ctx.backUp(id, epoch, secret),
    });
    this.#outbox = new Outbox(this.#room, storage, vault, (item) => this.#pend(item));
    this.#timeline = new Timeline({ me: this.#me, handleOf: (who) => people.handle(who) ?? 'somebody' });
    this.#typists = new Typists(() => this.#events.changed());
    this.#sender = new Sender({
      account,
      device,
      deviceKey,
      wire,
      epochs: this.#epochs,
      outbox: this.#outbox,
      now,
      ledger: () => this.ledger,
      ready: () => this.#ready(),
      catchUp: () => this.#entering?.() ?? this.#queue(() => this.#readToHead()),
      commit: () => this.#commit(),
      lied: (lie) => void ctx.alerts.raise(lie, id),
      refused: (messageId, error) => this.#acks.refuse(messageId, error),
    });
  }

  /** What this device knows of the room; `summary` for one that it meets for the first time. */
  static async open(ctx: RoomContext, id: string, summary: RoomSummary | null): Promise<Room> {
    for (;;) {
      // What is kept is read in several steps, and the worker of a page that is being reloaded may still be writing: rows of two moments
      // would look like a lie. Every write that counts moves the room's own row.
      const before = await keptSeq(ctx.storage, id);
      const room = await Room.#load(ctx, id, summary);
      if (room.ledger.seq === before && (await keptSeq(ctx.storage, id)) === before) return room;
      room.close();
    }
  }

  static async #load(ctx: RoomContext, id: string, summary: RoomSummary | null): Promise<Room> {
    const room = new Room(ctx, id);
    room.#called = await calledOf(ctx.storage, id);
    await room.#epochs.load();
    const { journal, records } = await Journal.load(ctx, id, summary ?? newSummary(id), room.#epochs, {
      adopted: (epoch) => room.#adopted(epoch),
      owned: (ids) => ids.map((own) => room.#outbox.removal(own)).filter((change) => change !== null),
      kept: (kept, own, before) => room.#kept(kept, own, before),
      reopened: (reopened) => room.#reopened(reopened),
    });
    room.#journal = journal;
    for (const record of records) room.#timeline.add(record);
    await room.#outbox.load();
    for (const item of room.#outbox.list()) room.#timeline.pend(item);
    room.#timeline.takeChanges();
    return room;
  }

  // What it shows

  get ledger(): Ledger {
    return this.#journal.ledger;
  }

  get behind(): number {
    const head = Math.max(this.#journal.notes.summary.head, this.ledger.seq);
    return this.settled ? 0 : head - this.ledger.seq;
  }

  /** Caught up since the connection began, or stopped by an alert. */
  get settled(): boolean {
    return this.#synced || this.#journal.notes.halted !== null;
  }

  get role(): RoomView['role'] {
    return this.#journal.member?.role ?? null;
  }

  view(): RoomView {
    const { summary, halted } = this.#journal.notes;
    const { membership, seq, epoch } = this.ledger;
    return {
      room: this.id,
      name: this.#timeline.name || this.#called,
      topic: this.#timeline.topic,
      role: this.role,
      head: seq,
      epoch: epoch?.number ?? 0,
      ...this.#timeline.unread(summary.cursor),
      members: membership?.members.size ?? 0,
      preview: this.#timeline.preview(),
      typing: this.#typists.list(),
      cursor: summary.cursor,
      since: summary.since,
      halted: halted !== null,
      blocked: this.#blocked(),
    };
  }

  #blocked(): RoomView['blocked'] {
    return blockOf(this.#journal.notes.halted, this.ledger.membership, this.#ctx, this.#me);
  }

  items(): TimelineItem[] {
    return this.#timeline.items();
  }

  members(): MemberView[] {
    return memberViews(this.ledger.membership, this.#ctx.people, this.#me, this.#online);
  }

  /** An account has another handle or trust than before. */
  renamed(account: string): void {
    this.#timeline.renamed(account);
    this.#publish();
    this.#events.members();
    this.#sender.kick();
  }

  // What the server says

  /**
   * A summary: at the sign-in, or because something about this account changed in the room. `known`: how far the log was known here before the
   * server could say it; a lower head is a storage that was set back.
   */
  async meet(summary: RoomSummary, known: number): Promise<void> {
    const before = this.#journal.notes.summary;
    const cursor = Math.max(summary.cursor, before.cursor);
    this.#journal.note({ summary: { ...summary, cursor } });
    await this.#run(async () => {
      if (summary.until === null) this.#journal.checkHead(summary.head, known);
      this.#journal.promise(summary.head, summary.chain, 'summary', summary);
      await this.#readToHead();
      if (summary.since < before.since) await this.#journal.backfill(summary.since);
    });
  }

  /** Live entries. */
  async live(batch: EntryBatch): Promise<void> {
    await this.#run(async () => {
      if (batch.from > this.ledger.seq + 1) await this.#readToHead();
      else await this.#journal.take(batch.from, batch.entries);
    });
  }

  /** Entries read through an invite, before this account is a member. Throws a `Lie` where they are not to be believed. */
  async preload(from: number, entries: readonly BatchEntry[]): Promise<void> {
    await this.#queue(() => this.#journal.take(from, entries));
  }

  async receipt(receipt: WireReceipt): Promise<void> {
    await this.#run(async () => {
      await verifiedReceipt(receipt, this.#room, this.#ctx.serverKey());
      const { seq, chain } = receipt;
      this.#journal.promise(seq, chain, 'receipt', receipt);
      if (seq > (this.#journal.notes.receipt?.seq ?? 0))
        await this.#journal.keepNotes({ receipt: { seq, chain } });
    });
  }

  acknowledged(id: string, seq: number, chain: string): void {
    this.#outbox.acknowledge(id, seq);
    this.#sender.settle(id, { seq, chain });
    this.#acks.settle(id, { seq, chain });
    void this.#run(async () => this.#journal.promise(seq, chain, 'ack', { id, seq, chain }));
    // The entry itself follows; where it does not, a wake-up was lost.
    if (seq > this.ledger.seq) this.#readLater(seq);
    this.#publish();
  }

  refused(id: string, error: SottoError): void {
    this.#sender.refuse(id, error);
  }

  noticed(notice: Extract<Notice, { notice: 'typing' | 'presence' | 'cursor' }>): void {
    if (notice.notice === 'typing') {
      this.#typists.set(notice.account, notice.typing && notice.account !== this.#me);
    } else if (notice.notice === 'cursor') this.#moveCursor(notice.seq);
    else {
      const online = new Set(this.#online);
      if (notice.online) online.add(notice.account);
      else online.delete(notice.account);
      this.#setOnline(online);
    }
  }

  offline(): void {
    this.#synced = false;
    clearTimeout(this.#retry);
    this.#sender.lost();
    this.#publish();
  }

  /** Asks who is there; called when somebody looks. */
  async askPresence(): Promise<void> {
    if (!this.#ctx.online() || this.role === null) return;
    const { online } = await this.#ctx.wire.call('presence', { room: this.id });
    this.#setOnline(new Set(online));
  }

  #setOnline(online: ReadonlySet<string>): void {
    const same = online.size === this.#online.size && [...online].every((who) => this.#online.has(who));
    this.#online = online;
    if (!same) this.#events.members();
  }

  // What the person does

  /** Was a member, or never was one. */
  get #isOut(): boolean {
    return this.ledger.membership !== null && this.role === null && this.#entering === null;
  }

  /** What waits can never be sent: the log was read to the entry that ended the membership. */
  async #giveUp(): Promise<void> {
    const error = new SottoError('not_member');
    this.#sender.giveUp(error);
    for (const { id } of [...this.#outbox.sealed(), ...this.#outbox.queued(Number.POSITIVE_INFINITY)]) {
      await this.#outbox.refuse(id, error.message);
      this.#acks.refuse(id, error);
    }
  }

  /** Puts a message into the durable outbox; resolves with its id. Rejects with `not_member` or `too_large`; then nothing is kept. */
  async send(payload: Payload): Promise<string> {
    if (this.#isOut) throw new SottoError('not_member');
    encodePayload(payload);
    const item = await this.#outbox.add(payload, this.#ctx.now());
    this.#sender.kick();
    return item.id;
  }

  /** Sends and waits until this device's own log shows it. */
  async say(payload: Payload): Promise<void> {
    const { seq } = await this.acknowledgement(await this.send(payload));
    await this.#reach(seq);
  }

  async acknowledgement(id: string): Promise<Acknowledged> {
    const item = this.#outbox.find(id);
    if (item?.refusal != null) throw new SottoError('bad_request', item.refusal);
    if (item === undefined && this.#acks.known(id) === null) {
      throw new SottoError('bad_request', 'this device sent no such message');
    }
    return this.#acks.wait(id);
  }

  async discard(id: string): Promise<void> {
    const removal = this.#outbox.find(id)?.send === 'refused' ? this.#outbox.removal(id) : null;
    if (removal === null) return;
    await this.#ctx.storage.write([removal]);
    this.#outbox.taken(id);
    this.#timeline.unpend(id);
    this.#publish();
  }

  /** Appends a statement about members and resolves when this device's own log shows it. */
  async state(statement: () => MembershipStatement | null, afterMessages = false): Promise<void> {
    const { promise, ends } = outcome();
    await this.#append(statementControl(this.#ctx.deviceKey, statement, ends, afterMessages), promise);
  }

  /** Makes or joins the room. `follow` reads what there is of its log for somebody who is no member yet. */
  async enter(statement: MembershipStatement, follow: () => Promise<void>): Promise<void> {
    await follow();
    this.#entering = follow;
    this.#synced = this.#ctx.online();
    try {
      await this.state(() => statement);
    } finally {
      this.#entering = null;
    }
  }

  async grantHistory(to: Bytes): Promise<void> {
    const { promise, ends } = outcome();
    const { people, deviceKey } = this.#ctx;
    const { since } = this.#journal.notes.summary;
    await this.#append(grantControl({ people, epochs: this.#epochs, deviceKey }, to, since, ends), promise);
  }

  async #append(control: Control, ack: Promise<Acknowledged | null>): Promise<void> {
    if (this.#isOut) throw new SottoError('not_member');
    if (!this.#ctx.online()) throw new SottoError('no_connection');
    this.#sender.enqueue(control);
    const done = await ack;
    if (done !== null) await this.#reach(done.seq);
  }

  /** What the invite called it: a newcomer cannot read how it was named. */
  async callIt(name: string): Promise<void> {
    this.#called = name;
    await this.#ctx.storage.write(calledChanges([{ room: this.id, name }]));
    this.#events.changed();
  }

  async markRead(seq: number): Promise<void> {
    const read = Math.min(seq, this.ledger.seq);
    if (read <= this.#journal.notes.summary.cursor) return;
    this.#moveCursor(read);
    await this.#journal.keepNotes({});
    if (this.#ctx.online()) await this.#ctx.wire.call('cursor.set', { room: this.id, seq: read });
  }

  /** Epochs of messages that wait for a secret. */
  missing(): number[] {
    return this.#journal.missing();
  }

  /** Secrets that another device of the account put into the backup: what was unreadable is opened. */
  async restored(secrets: readonly { epoch: number; secret: Bytes }[]): Promise<void> {
    await this.#run(async () => {
      for (const { epoch, secret } of secrets) await this.#epochs.put(epoch, secret, true);
      await this.#journal.reopen();
    });
  }

  markBackedUp(epochs: readonly number[]): Promise<void> {
    return this.#epochs.markBackedUp(epochs);
  }

  /** True while something wrapped to this device's older keys may still have to be opened here. */
  async needsOldKey(): Promise<boolean> {
    const { epoch } = this.ledger;
    if (epoch === null || this.role === null) return false;
    try {
      return (await this.#epochs.secret(epoch.number)) === null;
    } catch (error) {
      if (!(error instanceof Lie)) throw error;
      await this.#ctx.alerts.raise(error, this.id);
      return false;
    }
  }

  /** Own keys changed: the room is told, unless it knows. */
  announceKeys(): void {
    const newer = (): MembershipStatement | null => {
      const chain = this.#ctx.people.known(this.#me);
      const { member } = this.#journal;
      if (chain === null || member === undefined || chain.seq <= member.chain.seq) return null;
      return { type: 'member.keys', chain: pointOf(chain) };
    };
    if (this.#announcing || this.#ctx.readOnly || newer() === null) return;
    this.#announcing = true;
    const over = () => {
      this.#announcing = false;
    };
    const ends = { done: over, failed: over };
    this.#sender.enqueue(statementControl(this.#ctx.deviceKey, newer, ends), true);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#retry);
    this.#typists.close();
    this.#sender.close();
    this.#acks.close();
  }

  /** Resolves when what is under way on the disk is done. */
  async idle(): Promise<void> {
    await this.#serial.catch(() => undefined);
  }

  // The log

  #ready(): boolean {
    const mayWrite = this.role !== null || this.#entering !== null;
    // Being no member does not stop who is about to enter.
    const isBlocked = this.#blocked() !== null && !(this.#entering !== null && this.role === null);
    return (
      this.#synced && this.#ctx.online() && mayWrite && !isBlocked && !this.#ctx.readOnly && !this.#closed
    );
  }

  #queue<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#serial.then(() => {
      if (this.#closed) throw new SottoError('no_connection', 'the client was closed');
      return work();
    });
    this.#serial = result.catch(() => undefined);
    return result;
  }

  /** As `#queue`, for what nobody waits for: a lie stops the room, a failure is tried again. */
  async #run(work: () => Promise<void>): Promise<void> {
    try {
      await this.#queue(work);
    } catch (error) {
      if (this.#closed) return;
      if (error instanceof Lie) await this.#halt(error);
      else {
        if (!isRetryable(error)) this.#ctx.failed(error);
        this.#readLater(Number.POSITIVE_INFINITY);
      }
    }
  }

  /** Reads again in a while, unless entry `wanted` is here by then. */
  #readLater(wanted: number): void {
    clearTimeout(this.#retry);
    if (!this.#ctx.online()) return;
    this.#retry = setTimeout(() => {
      if (!this.#synced || this.ledger.seq < wanted) void this.#run(() => this.#readToHead());
    }, RETRY_MS);
  }

  async #readToHead(): Promise<void> {
    await this.#journal.readToHead();
    if (!this.#ctx.online()) throw new SottoError('no_connection', 'it ended');
    this.#synced = true;
    // The server shows again what it should: the alert stays, the room goes on.
    if (this.#journal.notes.halted !== null) await this.#journal.keepNotes({ halted: null, promised: [] });
    if (this.#isOut) await this.#giveUp();
    this.announceKeys();
    this.#publish();
    this.#events.members();
    this.#sender.kick();
  }

  async #halt(lie: Lie): Promise<void> {
    const halted = await this.#ctx.alerts.raise(lie, this.id);
    this.#synced = false;
    await this.#journal.keepNotes({ halted, promised: this.#journal.promised() });
    this.#publish();
  }

  async #adopted(epoch: EpochState): Promise<void> {
    const own = this.#made.get(hex(epoch.hash));
    this.#made.clear();
    if (own !== undefined) await this.#epochs.put(epoch.number, own);
    this.#sender.renewed();
  }

  #kept(records: readonly EntryRecord[], own: readonly OwnEntry[], before: Ledger): void {
    for (const record of records) {
      this.#timeline.add(record);
      if ('account' in record && record.account !== null) this.#typists.set(record.account, false);
    }
    for (const { id, seq, chain } of own) {
      this.#outbox.taken(id);
      this.#timeline.unpend(id);
      this.#sender.settle(id, { seq, chain });
      this.#acks.settle(id, { seq, chain });
    }
    this.#publish();
    if (this.ledger.membership !== before.membership) this.#events.members();
    const { seq } = this.ledger;
    for (const one of this.#reached) if (one.seq <= seq) one.resolve();
    this.#reached = this.#reached.filter((one) => one.seq > seq);
    this.#introduce(records);
    this.#sender.kick();
  }

  #reopened(records: readonly EntryRecord[]): void {
    for (const record of records) this.#timeline.add(record);
    this.#publish();
  }

  /** Says the room's name again for somebody whom this account let in after it was named. */
  #introduce(records: readonly EntryRecord[]): void {
    const { name, topic } = this.#timeline;
    if (name === '' || this.#ctx.readOnly || !isIntroductionDue(records, this.#me, b64(this.#ctx.device)))
      return;
    const known = this.#outbox
      .list()
      .some((item) => item.payload.kind === 'profile' && item.send !== 'refused');
    if (!known) void this.send({ kind: 'profile', name, ...(topic === '' ? {} : { topic }) });
  }

  // Small things

  #commit(): Control {
    const failed = (error: Error): void => {
      if (error instanceof Lie) void this.#halt(error);
      else if (!isRetryable(error)) this.#ctx.failed(error);
    };
    const made = ({ hash, secret }: { hash: Bytes; secret: Bytes }) => void this.#made.set(hex(hash), secret);
    return commitControl(this.#ctx.committer, made, { done: () => undefined, failed });
  }

  #pend(item: OutboxItem): void {
    this.#timeline.pend(item);
    this.#publish();
  }

  #reach(seq: number): Promise<void> {
    if (this.ledger.seq >= seq) return Promise.resolve();
    this.#readLater(seq);
    return new Promise((resolve) => this.#reached.push({ seq, resolve }));
  }

  #moveCursor(seq: number): void {
    const { summary } = this.#journal.notes;
    if (seq <= summary.cursor) return;
    this.#journal.note({ summary: { ...summary, cursor: seq } });
    this.#events.changed();
  }

  /** One event for all changes of a turn: a full window of messages changes its state at once. */
  #publish(): void {
    if (this.#publishing) return;
    this.#publishing = true;
    queueMicrotask(() => {
      this.#publishing = false;
      if (!this.#closed) this.#publishNow();
    });
  }

  #publishNow(): void {
    const { items, reset } = this.#timeline.takeChanges();
    if (items.length > 0 || reset) this.#events.timeline(items, reset);
    this.#events.changed();
  }
}

const newSummary = (room: string): RoomSummary => ({
  room,
  head: 0,
  chain: '',
  epoch: 0,
  role: null,
  since: 1,
  until: null,
  cursor: 0,
});

/** A position in a key chain, as statements name it. */
export const pointOf = (chain: KeyChain): { seq: number; hash: string } => ({
  seq: chain.seq,
  hash: b64(chain.links[chain.seq - 1] as Bytes),
});
