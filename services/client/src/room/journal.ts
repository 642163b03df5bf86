/**
 * The verified log of one room: entries are taken in, kept on the disk with all that follows from them, and handed on as records. Its
 * methods must not overlap; the room runs them one after the other.
 */
import {
  type BatchEntry,
  type Bytes,
  b64,
  fromB64,
  hex,
  LIMITS,
  parseEnvelope,
  type Recipient,
  type RoomSummary,
  SottoError,
} from '@sotto/protocol';
import { Lie } from '../ledger/lie.ts';
import { type EpochState, emptyLedger, type Ledger } from '../ledger/state.ts';
import type { Change } from '../store/port.ts';
import type { EntryRecord, HiddenRecord, UnreadableRecord } from '../timeline/record.ts';
import type { RoomContext } from './context.ts';
import { EntryLog } from './entry-log.ts';
import type { Epochs } from './epochs.ts';
import { openHidden, openUnreadable, type Reopened, takeGrant } from './history.ts';
import { type Taken, takeIn } from './intake.ts';
import { ChainPromises, type PromiseSource } from './promises.ts';
import { loadRoom, type RoomNotes, roomChanges } from './room-row.ts';

export interface OwnEntry {
  /** Message id. */
  readonly id: string;
  readonly seq: number;
  readonly chain: string;
}

export interface JournalEvents {
  /** An epoch was adopted; its secret is known to this device if it made it. */
  adopted(epoch: EpochState): Promise<void>;
  /** What is to be written with these entries of this device. */
  owned(ids: readonly string[]): Change[];
  /** New records are on the disk, `own` among them. */
  kept(records: readonly EntryRecord[], own: readonly OwnEntry[], before: Ledger): void;
  /** Records that say more than those that were there. */
  reopened(records: readonly EntryRecord[]): void;
}

export class Journal {
  readonly #ctx: RoomContext;
  readonly #id: string;
  readonly #room: Bytes;
  readonly #epochs: Epochs;
  readonly #events: JournalEvents;
  readonly #log: EntryLog;
  readonly #promises = new ChainPromises();
  readonly #hidden = new Map<number, HiddenRecord>();
  readonly #unreadable = new Map<number, UnreadableRecord>();
  /** Accounts whose names the server was asked for. */
  readonly #asked = new Set<string>();
  #ledger: Ledger;
  #notes: RoomNotes;

  private constructor(
    ctx: RoomContext,
    id: string,
    parts: { epochs: Epochs; events: JournalEvents; log: EntryLog; ledger: Ledger; notes: RoomNotes },
  ) {
    this.#ctx = ctx;
    this.#id = id;
    this.#room = fromB64(id);
    this.#epochs = parts.epochs;
    this.#events = parts.events;
    this.#log = parts.log;
    this.#ledger = parts.ledger;
    this.#notes = parts.notes;
  }

  /** What is kept of the room, with its records; `summary` for one that is met for the first time. */
  static async load(
    ctx: RoomContext,
    id: string,
    summary: RoomSummary,
    epochs: Epochs,
    events: JournalEvents,
  ): Promise<{ journal: Journal; records: EntryRecord[] }> {
    const room = fromB64(id);
    const log = new EntryLog(room, ctx.storage, ctx.vault);
    const { records, chains } = await log.load();
    const known = await loadRoom(ctx.storage, id, chains);
    const notes = known?.notes ?? { summary, receipt: null, halted: null, promised: [] };
    const ledger = known?.ledger ?? (await emptyLedger(room));
    const journal = new Journal(ctx, id, { epochs, events, log, ledger, notes });
    for (const record of records) journal.#file(record);
    const { receipt, promised } = notes;
    if (receipt !== null) journal.promise(receipt.seq, receipt.chain, 'receipt', receipt);
    for (const { seq, chain, source, proof } of promised)
      journal.#promises.take(ledger, seq, chain, source, proof);
    return { journal, records };
  }

  get ledger(): Ledger {
    return this.#ledger;
  }

  get notes(): RoomNotes {
    return this.#notes;
  }

  /** Changes the notes in memory; `keepNotes` writes them. */
  note(change: Partial<RoomNotes>): void {
    this.#notes = { ...this.#notes, ...change };
  }

  async keepNotes(change: Partial<RoomNotes>): Promise<void> {
    this.note(change);
    await this.#ctx.storage.write(roomChanges(this.#ledger, this.#ledger, this.#notes));
  }

  /** The server said that the chain at `seq` is this. Throws a `Lie` where it is known to be another. */
  promise(seq: number, chain: string, source: PromiseSource, said: unknown): void {
    this.#promises.take(this.#ledger, seq, chain, source, JSON.stringify(said));
  }

  /** Reads to the server's head. Rejects with a `Lie`, or with what the server says. */
  async readToHead(): Promise<void> {
    for (;;) {
      const from = this.#ledger.seq + 1;
      const args = { room: this.#id, from, limit: LIMITS.readEntries };
      // Said before the question: what is acknowledged while it is under way may be missing from the answer.
      const known = Math.max(this.#ledger.seq, this.#promises.highest());
      const { batch, head, chain } = await this.#ctx.wire.read('read', args);
      const { until } = this.#notes.summary;
      if (until === null) this.checkHead(head, known);
      this.promise(head, chain, 'summary', { room: this.#id, head, chain });
      this.note({ summary: { ...this.#notes.summary, head } });
      if (batch !== null && batch.entries.length > 0) await this.take(batch.from, batch.entries);
      if (this.#ledger.seq >= head) return;
      if (this.#ledger.seq < from) throw new SottoError('internal', 'the server gave no entries');
    }
  }

  /** What the server has promised and the log does not show yet. */
  promised(): RoomNotes['promised'] {
    return this.#promises.open();
  }

  /** Throws a `Lie` where the server has less than the `known` that it showed before. */
  checkHead(head: number, known: number): void {
    if (head >= known) return;
    const sentence = 'The server has less of this room than it showed before: its storage was set back.';
    throw new Lie('store-rolled-back', sentence, { room: this.#room, head, mine: known });
  }

  /** Verifies, keeps and hands on. Throws the lie at which it stopped; what came before it is kept. */
  async take(from: number, entries: readonly BatchEntry[]): Promise<void> {
    const before = this.#ledger;
    const adoptions: Change[] = [];
    const taken = await takeIn(before, from, entries, {
      account: this.#ctx.account,
      people: this.#ctx.people,
      epochs: this.#epochs,
      recipients: (epoch) => this.#recipients(epoch),
      adopted: async (epoch) => {
        adoptions.push(...(await this.#epochs.adopt(epoch)));
        await this.#events.adopted(epoch);
      },
    });
    this.#promises.check(before, before.seq + 1, taken.chains);
    await this.#learnNames(taken.records, taken.ledger);
    if (taken.records.length > 0) await this.#keep(before, taken, adoptions);
    for (const { lie, account } of taken.lies) await this.#ctx.alerts.raise(lie, this.#id, account);
    await this.#takeGrants(taken.records, from, entries);
    if (taken.halt !== null) throw taken.halt;
  }

  /** Reads entries that were hidden so far, from `since` on, and opens all that has its key now. */
  async backfill(since: number): Promise<void> {
    const last = Math.max(0, ...this.#hidden.keys());
    for (let from = since; from <= last; ) {
      const args = { room: this.#id, from, limit: LIMITS.readEntries };
      const { batch } = await this.#ctx.wire.read('read', args);
      if (batch === null || batch.entries.length === 0) break;
      const { people } = this.#ctx;
      await this.#reopen(
        await openHidden(this.#hidden, from, batch.entries, this.#room, people, this.#epochs),
      );
      from += batch.entries.length;
    }
    await this.reopen();
    const { summary } = this.#notes;
    await this.keepNotes({ summary: { ...summary, since: Math.min(since, summary.since) } });
  }

  /** Epochs of messages that wait for a secret. */
  missing(): number[] {
    const epochs = [...this.#unreadable.values()].filter((r) => r.envelope !== null).map((r) => r.epoch);
    return [...new Set(epochs)].filter((epoch) => !this.#epochs.has(epoch));
  }

  /** Opens what has its key now. */
  async reopen(): Promise<void> {
    await this.#reopen(await openUnreadable(this.#unreadable.values(), this.#epochs));
  }

  async #keep(
    before: Ledger,
    { ledger, records, chains }: Taken,
    adoptions: readonly Change[],
  ): Promise<void> {
    const device = b64(this.#ctx.device);
    const own = records.flatMap((record): OwnEntry[] => {
      if (!('device' in record) || record.device !== device) return [];
      const chain = b64(chains[record.seq - before.seq - 1] as Bytes);
      return [{ id: record.id, seq: record.seq, chain }];
    });
    await this.#ctx.storage.write([
      ...adoptions,
      await this.#log.append(before.seq + 1, records, chains),
      ...roomChanges(before, ledger, this.#notes),
      ...this.#events.owned(own.map(({ id }) => id)),
    ]);
    this.#ledger = ledger;
    this.#promises.kept(ledger.seq);
    for (const record of records) this.#file(record);
    this.#events.kept(records, own, before);
  }

  #file(record: EntryRecord): void {
    if (record.kind === 'hidden') this.#hidden.set(record.seq, record);
    else this.#hidden.delete(record.seq);
    if (record.kind === 'unreadable') this.#unreadable.set(record.seq, record);
    else this.#unreadable.delete(record.seq);
  }

  async #takeGrants(
    records: readonly EntryRecord[],
    from: number,
    entries: readonly BatchEntry[],
  ): Promise<void> {
    for (const record of records) {
      if (record.kind !== 'grant' || record.to !== b64(this.#ctx.account)) continue;
      const { body } = parseEnvelope((entries[record.seq - from] as BatchEntry).bytes);
      try {
        const since = await takeGrant(this.#ctx, this.#epochs, this.#room, body);
        if (since !== null) await this.backfill(since);
      } catch (error) {
        if (!(error instanceof Lie)) throw error;
        await this.#ctx.alerts.raise(error, this.#id, record.account);
      }
    }
  }

  async #reopen({ records, lies }: Reopened): Promise<void> {
    if (records.length > 0) {
      await this.#learnNames(records, this.#ledger);
      await this.#ctx.storage.write(await this.#log.replace(records));
      for (const record of records) this.#file(record);
      this.#events.reopened(records);
    }
    for (const { lie, account } of lies) await this.#ctx.alerts.raise(lie, this.#id, account);
  }

  /**
   * Names come with what they name, so that nothing flickers; without them it goes on all the same. The server tells those of people one
   * shares a room with: nobody's before one is a member, everybody's after.
   */
  async #learnNames(records: readonly EntryRecord[], { membership }: Ledger): Promise<void> {
    if (membership?.members.has(hex(this.#ctx.account)) !== true) return;
    const accounts = new Set([...membership.members.values()].map((member) => b64(member.account)));
    for (const record of records) {
      if ('account' in record && record.account !== null) accounts.add(record.account);
      if (record.kind === 'statement' && 'account' in record.statement)
        accounts.add(record.statement.account);
    }
    const { people } = this.#ctx;
    const unknown = [...accounts].filter((who) => people.handle(who) === null && !this.#asked.has(who));
    if (unknown.length === 0) return;
    await people.learn(unknown.map(fromB64)).then(
      () => unknown.forEach((who) => void this.#asked.add(who)),
      () => undefined,
    );
  }

  async #recipients(epoch: number): Promise<Recipient[]> {
    const { recipients } = await this.#ctx.wire.call('recipients.fetch', { room: this.#id, epoch });
    const bytes = fromB64(recipients);
    const part = (at: number, length: number): Bytes => bytes.slice(at, at + length);
    return Array.from({ length: Math.floor(bytes.length / RECIPIENT_BYTES) }, (_, i) => {
      const at = i * RECIPIENT_BYTES;
      return { device: part(at, 16), keyId: part(at + 16, 16), wrapHash: part(at + 32, 32) };
    });
  }

  /** This account's membership as the log has it. */
  get member() {
    return this.#ledger.membership?.members.get(hex(this.#ctx.account));
  }
}

/** Device, key id, hash of the wrap. */
const RECIPIENT_BYTES = 64;
