/**
 * One room of this device: its verified log, what it shows, and what waits to be sent. All that touches the log runs one after the
 * other; the sender beside it looks at what stands.
 */
import {
  type BatchEntry,
  type Bytes,
  b64,
  type EntryBatch,
  fromB64,
  hex,
  type KeyChain,
  KIND,
  LIMITS,
  type MembershipStatement,
  type Notice,
  type Payload,
  parseEnvelope,
  type Recipient,
  type RoomSummary,
  SottoError,
  type WireReceipt,
} from '@sotto/protocol';
import { isRetryable } from '../failure.ts';
import { Lie } from '../ledger/lie.ts';
import { type EpochState, emptyLedger, type Ledger } from '../ledger/state.ts';
import type { Change } from '../store/port.ts';
import { Timeline } from '../timeline/fold.ts';
import type { EntryRecord, HiddenRecord, UnreadableRecord } from '../timeline/record.ts';
import type { MemberView, RoomView, TimelineItem } from '../views.ts';
import type { RoomContext, RoomEvents } from './context.ts';
import { commitControl, grantControl, outcome, statementControl } from './controls.ts';
import { EntryLog } from './entry-log.ts';
import { Epochs } from './epochs.ts';
import { openHidden, openUnreadable, type Reopened, takeGrant } from './history.ts';
import { type Taken, takeIn } from './intake.ts';
import { memberViews } from './members.ts';
import { Outbox, type OutboxItem } from './outbox.ts';
import { ChainPromises } from './promises.ts';
import { verifiedReceipt } from './receipt.ts';
import { loadRoom, type RoomNotes, roomChanges } from './room-row.ts';
import { Sender } from './sender.ts';
import { Typists } from './typists.ts';

const RETRY_MS = 2000;
/** Acks that are remembered for whoever asks late. */
const ACKS_KEPT = 10_000;

export class Room {
  readonly id: string;
  readonly #ctx: RoomContext;
  readonly #room: Bytes;
  readonly #me: string;
  readonly #events: RoomEvents;
  readonly #epochs: Epochs;
  readonly #outbox: Outbox;
  readonly #sender: Sender;
  readonly #log: EntryLog;
  readonly #timeline: Timeline;
  readonly #promises = new ChainPromises();
  readonly #typists: Typists;
  #ledger: Ledger;
  #notes: RoomNotes;
  /** Caught up since the connection began. */
  #synced = false;
  /** About to enter: statements may go although this account is no member yet. */
  #entering = false;
  #closed = false;
  #serial: Promise<unknown> = Promise.resolve();
  #retry: ReturnType<typeof setTimeout> | undefined;
  #online: ReadonlySet<string> = new Set();
  /** Secrets of own commits on their way, by hexadecimal commit hash. */
  readonly #made = new Map<string, Bytes>();
  readonly #hidden = new Map<number, HiddenRecord>();
  readonly #unreadable = new Map<number, UnreadableRecord>();
  readonly #waiting = new Map<
    string,
    { resolve(ack: { seq: number; chain: string }): void; reject(error: Error): void }[]
  >();
  /** Of this device's messages, newest last: whoever asks may come after the answer. */
  readonly #acks = new Map<string, { seq: number; chain: string }>();
  readonly #reached: { seq: number; resolve(): void }[] = [];
  #announcing = false;

  private constructor(ctx: RoomContext, id: string, ledger: Ledger, notes: RoomNotes) {
    this.id = id;
    this.#ctx = ctx;
    this.#room = fromB64(id);
    this.#me = b64(ctx.account);
    this.#events = ctx.events(id);
    this.#ledger = ledger;
    this.#notes = notes;
    const { storage, vault, wire, device, people } = ctx;
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
    this.#log = new EntryLog(this.#room, storage, vault);
    this.#timeline = new Timeline({
      me: this.#me,
      handleOf: (account) => people.handle(account) ?? 'somebody',
    });
    this.#typists = new Typists(() => this.#events.changed());
    this.#sender = new Sender({
      account: ctx.account,
      device,
      deviceKey: ctx.deviceKey,
      wire,
      epochs: this.#epochs,
      outbox: this.#outbox,
      now: ctx.now,
      ledger: () => this.#ledger,
      ready: () => this.#ready(),
      catchUp: () => this.catchUp(),
      commit: () => this.#commit(),
      refused: (messageId, error) => this.#settleWaiting(messageId, (w) => w.reject(error)),
    });
  }

  /** What this device knows of the room; `summary` for one that it meets for the first time. */
  static async open(ctx: RoomContext, id: string, summary: RoomSummary | null): Promise<Room> {
    const { records, chains } = await new EntryLog(fromB64(id), ctx.storage, ctx.vault).load();
    const known = await loadRoom(ctx.storage, id, chains);
    const notes = known?.notes ?? {
      summary: summary ?? newSummary(id),
      receipt: null,
      halted: null,
      called: '',
    };
    const room = new Room(ctx, id, known?.ledger ?? (await emptyLedger(fromB64(id))), notes);
    await room.#load(records);
    return room;
  }

  async #load(records: readonly EntryRecord[]): Promise<void> {
    await this.#log.load();
    await this.#epochs.load();
    await this.#outbox.load();
    for (const record of records) this.#file(record);
    for (const item of this.#outbox.list()) this.#pend(item);
    this.#timeline.takeChanges();
    const { receipt } = this.#notes;
    if (receipt !== null) this.#promise(receipt.seq, receipt.chain, 'receipt', receipt);
  }

  // What it shows

  get head(): number {
    return Math.max(this.#notes.summary.head, this.#ledger.seq);
  }

  get behind(): number {
    return this.#synced || this.#notes.halted !== null ? 0 : this.head - this.#ledger.seq;
  }

  /** Caught up since the connection began, or stopped by an alert. */
  get settled(): boolean {
    return this.#synced || this.#notes.halted !== null;
  }

  get role(): RoomView['role'] {
    return this.#member?.role ?? null;
  }

  get #member() {
    return this.#ledger.membership?.members.get(hex(this.#ctx.account));
  }

  view(): RoomView {
    const { summary, halted } = this.#notes;
    const { cursor } = summary;
    return {
      room: this.id,
      name: this.#timeline.name || this.#notes.called,
      topic: this.#timeline.topic,
      role: this.role,
      head: this.#ledger.seq,
      epoch: this.#ledger.epoch?.number ?? 0,
      ...this.#timeline.unread(cursor),
      members: this.#ledger.membership?.members.size ?? 0,
      preview: this.#timeline.preview(),
      typing: this.#typists.list(),
      cursor,
      since: summary.since,
      halted: halted !== null,
      blocked: this.#blocked(),
    };
  }

  #blocked(): RoomView['blocked'] {
    const { halted } = this.#notes;
    if (halted !== null) {
      const sentence = 'This room stopped, because the server showed something that cannot be true.';
      return { sentence, alert: halted };
    }
    if (this.#ledger.membership !== null && this.role === null) {
      return { sentence: 'You are no longer a member of this room.', alert: null };
    }
    for (const { account } of this.#ledger.membership?.members.values() ?? []) {
      const id = b64(account);
      if (id === this.#me || this.#ctx.people.trust(id) !== 'changed') continue;
      const handle = this.#ctx.people.handle(id) ?? 'Somebody';
      const sentence = `${handle} has another account key than before. Acknowledge it before you write here.`;
      return { sentence, alert: this.#ctx.alerts.open('account-key-changed', id)?.id ?? null };
    }
    return null;
  }

  items(): TimelineItem[] {
    return this.#timeline.items();
  }

  members(): MemberView[] {
    return memberViews(this.#ledger.membership, this.#ctx.people, this.#me, this.#online);
  }

  get ledger(): Ledger {
    return this.#ledger;
  }

  /** The oldest sequence that this account may read. */
  get since(): number {
    return this.#notes.summary.since;
  }

  /** An account has another handle or trust than before. */
  renamed(account: string): void {
    this.#timeline.renamed(account);
    this.#publish();
    this.#sender.kick();
  }

  // What the server says

  /** A summary: at the sign-in, or because something about this account changed in the room. */
  async meet(summary: RoomSummary): Promise<void> {
    const cursor = Math.max(summary.cursor, this.#notes.summary.cursor);
    const opened = summary.since < this.#notes.summary.since;
    this.#notes = { ...this.#notes, summary: { ...summary, cursor } };
    await this.#run(async () => {
      if (summary.until === null && summary.head < this.#ledger.seq) throw this.#rolledBack(summary.head);
      this.#promise(summary.head, summary.chain, 'summary', summary);
      await this.#readToHead();
      if (opened) await this.#backfill(summary.since);
    });
  }

  /** Live entries. */
  async live(batch: EntryBatch): Promise<void> {
    await this.#run(async () => {
      if (batch.from > this.#ledger.seq + 1) await this.#readToHead();
      else await this.#take(batch.from, batch.entries);
    });
  }

  /** Entries read through an invite, before this account is a member. Throws a `Lie` where they are not to be believed. */
  async preload(from: number, entries: readonly BatchEntry[]): Promise<void> {
    await this.#queue(() => this.#take(from, entries));
  }

  async receipt(receipt: WireReceipt): Promise<void> {
    await this.#run(async () => {
      await verifiedReceipt(receipt, this.#room, this.#ctx.serverKey());
      this.#promise(receipt.seq, receipt.chain, 'receipt', receipt);
      if (receipt.seq <= (this.#notes.receipt?.seq ?? 0)) return;
      this.#notes = { ...this.#notes, receipt: { seq: receipt.seq, chain: receipt.chain } };
      await this.#ctx.storage.write(roomChanges(this.#ledger, this.#ledger, this.#notes));
    });
  }

  acknowledged(id: string, seq: number, chain: string): void {
    this.#outbox.acknowledge(id, seq);
    this.#sender.settle(id, { seq, chain });
    this.#settled(id, { seq, chain });
    void this.#run(async () => {
      this.#promise(seq, chain, 'ack', { id, seq, chain });
    });
    const { summary } = this.#notes;
    this.#notes = { ...this.#notes, summary: { ...summary, head: Math.max(summary.head, seq) } };
    // The entry itself follows; where it does not, a wake-up was lost.
    if (seq > this.#ledger.seq) this.#readLater();
    this.#publish();
  }

  refused(id: string, error: SottoError): void {
    this.#sender.refuse(id, error);
  }

  noticed(notice: Extract<Notice, { notice: 'typing' | 'presence' | 'cursor' }>): void {
    if (notice.notice === 'typing')
      this.#typists.set(notice.account, notice.typing && notice.account !== this.#me);
    else if (notice.notice === 'cursor') this.#moveCursor(notice.seq);
    else {
      const online = new Set(this.#online);
      if (notice.online) online.add(notice.account);
      else online.delete(notice.account);
      this.#setOnline(online);
    }
  }

  #setOnline(online: ReadonlySet<string>): void {
    this.#online = online;
    this.#events.members();
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

  // What the person does

  /** Puts a message into the durable outbox; resolves with its id. */
  async send(payload: Payload): Promise<string> {
    const item = await this.#outbox.add(payload, this.#ctx.now());
    this.#sender.kick();
    return item.id;
  }

  /** Sends and waits until this device's own log shows it. */
  async say(payload: Payload): Promise<void> {
    const { seq } = await this.acknowledgement(await this.send(payload));
    await this.#reach(seq);
  }

  acknowledgement(id: string): Promise<{ seq: number; chain: string }> {
    const item = this.#outbox.find(id);
    if (item?.refusal != null) return Promise.reject(new SottoError('bad_request', item.refusal));
    const known = this.#acks.get(id);
    if (known !== undefined) return Promise.resolve(known);
    if (item === undefined)
      return Promise.reject(new SottoError('bad_request', 'this device sent no such message'));
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, [...(this.#waiting.get(id) ?? []), { resolve, reject }]);
    });
  }

  async discard(id: string): Promise<void> {
    const item = this.#outbox.find(id);
    if (item === undefined || item.send !== 'refused') return;
    const removal = this.#outbox.removal(id);
    if (removal !== null) await this.#ctx.storage.write([removal]);
    this.#outbox.taken(id);
    this.#timeline.unpend(id);
    this.#publish();
  }

  /** Appends a statement about members and resolves when this device's own log shows it. */
  async state(
    statement: (ledger: Ledger) => MembershipStatement | null | Promise<MembershipStatement | null>,
    options: { entering?: boolean; afterMessages?: boolean } = {},
  ): Promise<void> {
    if (!this.#ctx.online()) throw new SottoError('no_connection');
    if (options.entering === true) this.#enter();
    const { promise, ends } = outcome();
    this.#sender.enqueue(statementControl(this.#ctx.deviceKey, statement, ends, options.afterMessages));
    try {
      const ack = await promise;
      if (ack !== null) await this.#reach(ack.seq);
    } finally {
      this.#entering = false;
    }
  }

  async grantHistory(to: Bytes): Promise<void> {
    if (!this.#ctx.online()) throw new SottoError('no_connection');
    const { promise, ends } = outcome();
    const parts = { people: this.#ctx.people, epochs: this.#epochs, deviceKey: this.#ctx.deviceKey };
    this.#sender.enqueue(grantControl(parts, to, this.#notes.summary.since, ends));
    const ack = await promise;
    if (ack !== null) await this.#reach(ack.seq);
  }

  async markRead(seq: number): Promise<void> {
    const read = Math.min(seq, this.#ledger.seq);
    if (read <= this.#notes.summary.cursor) return;
    this.#moveCursor(read);
    await this.#ctx.storage.write(roomChanges(this.#ledger, this.#ledger, this.#notes));
    if (this.#ctx.online()) await this.#ctx.wire.call('cursor.set', { room: this.id, seq: read });
  }

  /** What the invite called it: a newcomer cannot read how it was named. */
  async callIt(name: string): Promise<void> {
    this.#notes = { ...this.#notes, called: name };
    await this.#ctx.storage.write(roomChanges(this.#ledger, this.#ledger, this.#notes));
    this.#publish();
  }

  /** Says the room's name again, for somebody who was let in after it was named. */
  async introduce(): Promise<void> {
    const { name, topic } = this.#timeline;
    if (name !== '') await this.send({ kind: 'profile', name, ...(topic === '' ? {} : { topic }) });
  }

  markBackedUp(epochs: readonly number[]): Promise<void> {
    return this.#epochs.markBackedUp(epochs);
  }

  /** True while something under `keyId` may still have to be opened here. */
  async needsKey(): Promise<boolean> {
    const epoch = this.#ledger.epoch;
    return epoch !== null && this.role !== null && (await this.#epochs.secret(epoch.number)) === null;
  }

  /** Own keys changed: the room is told, unless it knows. */
  announceKeys(): void {
    const known = (ledger: Ledger) => ledger.membership?.members.get(hex(this.#ctx.account));
    const own = (): KeyChain | null => this.#ctx.people.known(this.#me);
    const member = known(this.#ledger);
    if (member === undefined || this.#announcing || (own()?.seq ?? 0) <= member.chain.seq) return;
    this.#announcing = true;
    const over = () => {
      this.#announcing = false;
    };
    const ends = { done: over, failed: over };
    const statement = (ledger: Ledger): MembershipStatement | null => {
      const chain = own();
      const at = known(ledger)?.chain.seq;
      if (chain === null || at === undefined || chain.seq <= at) return null;
      return { type: 'member.keys', chain: pointOf(chain) };
    };
    this.#sender.enqueue(statementControl(this.#ctx.deviceKey, statement, ends), true);
  }

  catchUp(): Promise<void> {
    return this.#queue(() => this.#readToHead());
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#retry);
    this.#typists.close();
    this.#sender.close();
    for (const list of this.#waiting.values()) {
      for (const waiting of list) waiting.reject(new SottoError('no_connection', 'the client was closed'));
    }
    this.#waiting.clear();
  }

  /** Resolves when what is under way on the disk is done. */
  async idle(): Promise<void> {
    await this.#serial.catch(() => undefined);
  }

  // The log

  #ready(): boolean {
    const mayWrite = this.role !== null || this.#entering;
    return !this.#closed && this.#ctx.online() && this.#synced && mayWrite && this.#blockedFor() === null;
  }

  /** Being no member does not stop who is about to enter. */
  #blockedFor(): RoomView['blocked'] {
    return this.#entering && this.role === null ? null : this.#blocked();
  }

  /** A room that this device is about to make or join has nothing to catch up with. */
  #enter(): void {
    this.#entering = true;
    this.#synced = true;
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
        this.#readLater();
      }
    }
  }

  #readLater(): void {
    clearTimeout(this.#retry);
    if (!this.#ctx.online()) return;
    this.#retry = setTimeout(() => {
      if (this.#synced && this.#ledger.seq >= this.head && this.#reached.length === 0) return;
      void this.#run(() => this.#readToHead());
    }, RETRY_MS);
  }

  async #halt(lie: Lie): Promise<void> {
    const halted = await this.#ctx.alerts.raise(lie, this.id);
    this.#notes = { ...this.#notes, halted };
    this.#synced = false;
    await this.#ctx.storage.write(roomChanges(this.#ledger, this.#ledger, this.#notes));
    this.#publish();
  }

  #rolledBack(head: number): Lie {
    const sentence = 'The server has less of this room than it showed before: its storage was set back.';
    return new Lie('store-rolled-back', sentence, { room: this.#room, head, mine: this.#ledger.seq });
  }

  #promise(seq: number, chain: string, source: 'ack' | 'summary' | 'receipt', said: unknown): void {
    this.#promises.take(this.#ledger, seq, chain, source, JSON.stringify(said));
  }

  async #readToHead(): Promise<void> {
    for (;;) {
      const from = this.#ledger.seq + 1;
      const args = { room: this.id, from, limit: LIMITS.readEntries };
      const { batch, head, chain } = await this.#ctx.wire.read('read', args);
      if (head < this.#ledger.seq && this.role !== null) throw this.#rolledBack(head);
      this.#promise(head, chain, 'summary', { room: this.id, head, chain });
      this.#notes = { ...this.#notes, summary: { ...this.#notes.summary, head } };
      if (batch !== null && batch.entries.length > 0) await this.#take(batch.from, batch.entries);
      if (this.#ledger.seq >= head) break;
      if (this.#ledger.seq < from) throw new SottoError('internal', 'the server gave no entries');
    }
    if (!this.#ctx.online()) throw new SottoError('no_connection', 'it ended');
    this.#synced = true;
    if (this.#notes.halted !== null) {
      // The server shows again what it should: the alert stays, the room goes on.
      this.#notes = { ...this.#notes, halted: null };
      await this.#ctx.storage.write(roomChanges(this.#ledger, this.#ledger, this.#notes));
    }
    this.announceKeys();
    this.#publish();
    this.#events.members();
    this.#sender.kick();
  }

  /** Verifies, keeps and shows entries. Throws the lie at which it stopped; what came before it is kept. */
  async #take(from: number, entries: readonly BatchEntry[]): Promise<void> {
    const before = this.#ledger;
    const adoptions: Change[] = [];
    const taken = await takeIn(before, from, entries, {
      account: this.#ctx.account,
      people: this.#ctx.people,
      epochs: this.#epochs,
      recipients: (epoch) => this.#recipients(epoch),
      adopted: async (epoch) => {
        adoptions.push(...(await this.#adopt(epoch)));
      },
    });
    this.#promises.check(before, before.seq + 1, taken.chains);
    await this.#learnNames(taken.records);
    if (taken.records.length > 0) await this.#keep(before, taken, adoptions);
    for (const { lie, account } of taken.lies) await this.#ctx.alerts.raise(lie, this.id, account);
    await this.#takeGrants(taken.records, from, entries);
    if (taken.halt !== null) throw taken.halt;
  }

  async #adopt(epoch: EpochState): Promise<Change[]> {
    const changes = await this.#epochs.adopt(epoch);
    const own = this.#made.get(hex(epoch.hash));
    this.#made.clear();
    if (own !== undefined) await this.#epochs.put(epoch.number, own);
    this.#sender.renewed();
    return changes;
  }

  async #keep(before: Ledger, taken: Taken, adoptions: readonly Change[]): Promise<void> {
    const { ledger, records, chains } = taken;
    const mine = records.filter((r) => 'device' in r && r.device === b64(this.#ctx.device)) as {
      id: string;
      seq: number;
    }[];
    const removals = mine.map(({ id }) => this.#outbox.removal(id)).filter((change) => change !== null);
    await this.#ctx.storage.write([
      ...adoptions,
      await this.#log.append(before.seq + 1, records, chains),
      ...roomChanges(before, ledger, this.#notes),
      ...removals,
    ]);
    this.#ledger = ledger;
    this.#promises.kept(ledger.seq);
    for (const record of records) this.#file(record);
    for (const { id, seq } of mine) {
      this.#outbox.taken(id);
      this.#timeline.unpend(id);
      const chain = b64(chains[seq - before.seq - 1] as Bytes);
      this.#sender.settle(id, { seq, chain });
      this.#settled(id, { seq, chain });
    }
    for (const record of records)
      if ('account' in record && record.account !== null) this.#typists.set(record.account, false);
    this.#publish();
    if (ledger.membership !== before.membership) this.#events.members();
    for (const one of this.#reached.splice(0)) {
      if (one.seq <= ledger.seq) one.resolve();
      else this.#reached.push(one);
    }
    this.#sender.kick();
  }

  #file(record: EntryRecord): void {
    this.#timeline.add(record);
    if (record.kind === 'hidden') this.#hidden.set(record.seq, record);
    else this.#hidden.delete(record.seq);
    if (record.kind === 'unreadable') this.#unreadable.set(record.seq, record);
    else this.#unreadable.delete(record.seq);
  }

  /** Names come with what they name, so that nobody flickers. Without them it goes on all the same. */
  async #learnNames(records: readonly EntryRecord[]): Promise<void> {
    const accounts = new Set<string>();
    for (const record of records) {
      if ('account' in record && record.account !== null) accounts.add(record.account);
      if (record.kind === 'statement' && 'account' in record.statement)
        accounts.add(record.statement.account);
    }
    const unknown = [...accounts].filter((account) => this.#ctx.people.handle(account) === null);
    if (unknown.length > 0) await this.#ctx.people.learn(unknown.map(fromB64)).catch(() => undefined);
  }

  async #recipients(epoch: number): Promise<Recipient[]> {
    const { recipients } = await this.#ctx.wire.call('recipients.fetch', { room: this.id, epoch });
    const bytes = fromB64(recipients);
    const out: Recipient[] = [];
    for (let i = 0; i + 64 <= bytes.length; i += 64) {
      out.push({
        device: bytes.slice(i, i + 16),
        keyId: bytes.slice(i + 16, i + 32),
        wrapHash: bytes.slice(i + 32, i + 64),
      });
    }
    return out;
  }

  // Earlier messages

  async #takeGrants(
    records: readonly EntryRecord[],
    from: number,
    entries: readonly BatchEntry[],
  ): Promise<void> {
    for (const record of records) {
      if (record.kind !== 'grant' || record.to !== this.#me) continue;
      const { header, body } = parseEnvelope((entries[record.seq - from] as BatchEntry).bytes);
      if (header.kind !== KIND.history) continue;
      try {
        const since = await takeGrant(this.#ctx, this.#epochs, this.#room, body);
        if (since !== null) await this.#backfill(since);
      } catch (error) {
        if (!(error instanceof Lie)) throw error;
        await this.#ctx.alerts.raise(error, this.id, record.account);
      }
    }
  }

  /** Reads entries that were hidden so far, from `since` on, and opens what has its key now. */
  async #backfill(since: number): Promise<void> {
    const last = Math.max(0, ...this.#hidden.keys());
    for (let from = since; from <= last; ) {
      const { batch } = await this.#ctx.wire.read('read', { room: this.id, from, limit: LIMITS.readEntries });
      if (batch === null || batch.entries.length === 0) break;
      const { people } = this.#ctx;
      await this.#reopen(
        await openHidden(this.#hidden, from, batch.entries, this.#room, people, this.#epochs),
      );
      from += batch.entries.length;
    }
    await this.#reopen(await openUnreadable(this.#unreadable.values(), this.#epochs));
    const summary = { ...this.#notes.summary, since: Math.min(since, this.#notes.summary.since) };
    this.#notes = { ...this.#notes, summary };
    await this.#ctx.storage.write(roomChanges(this.#ledger, this.#ledger, this.#notes));
    this.#publish();
  }

  async #reopen({ records, lies }: Reopened): Promise<void> {
    if (records.length > 0) {
      await this.#learnNames(records);
      await this.#ctx.storage.write(await this.#log.replace(records));
      for (const record of records) this.#file(record);
      this.#publish();
    }
    for (const { lie, account } of lies) await this.#ctx.alerts.raise(lie, this.id, account);
  }

  // Small things

  #commit() {
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

  #settled(id: string, ack: { seq: number; chain: string }): void {
    this.#acks.set(id, ack);
    if (this.#acks.size > ACKS_KEPT) this.#acks.delete(this.#acks.keys().next().value as string);
    this.#settleWaiting(id, (waiting) => waiting.resolve(ack));
  }

  #settleWaiting(
    id: string,
    settle: (waiting: { resolve(a: { seq: number; chain: string }): void; reject(e: Error): void }) => void,
  ): void {
    const list = this.#waiting.get(id) ?? [];
    this.#waiting.delete(id);
    for (const waiting of list) settle(waiting);
  }

  #reach(seq: number): Promise<void> {
    if (this.#ledger.seq >= seq) return Promise.resolve();
    this.#readLater();
    return new Promise((resolve) => this.#reached.push({ seq, resolve }));
  }

  #moveCursor(seq: number): void {
    if (seq <= this.#notes.summary.cursor) return;
    this.#notes = { ...this.#notes, summary: { ...this.#notes.summary, cursor: seq } };
    this.#events.changed();
  }

  #publish(): void {
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
