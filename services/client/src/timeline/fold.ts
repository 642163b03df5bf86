/**
 * The timeline of one room: a fold over its records and its outbox. Every item is a function of the records and pending
 * messages that are there, so the order in which they came leaves no trace; what a new one touches is marked and worked
 * out again when somebody looks.
 */
import type { RoomView, TimelineItem } from '../views.ts';
import { ItemMaker } from './item-maker.ts';
import { isChange, isWritten } from './message.ts';
import { Outbox, type Pending } from './outbox.ts';
import { isQuotedAlike } from './quote.ts';
import type { EntryRecord } from './record.ts';
import { changedBy, isIdentified, RecordIndex } from './record-index.ts';
import { roleChange } from './roles.ts';
import { Shown, type Slot } from './shown.ts';
import { accountsNamed, oneLine, type Reader } from './words.ts';

export interface TimelineChanges {
  /** New or changed items, in order. */
  readonly items: TimelineItem[];
  /** Set where an item is there no more, or came between others in the outbox: `items` is the whole timeline then. */
  readonly reset: boolean;
}

/**
 * @example
 * const timeline = new Timeline({ me, handleOf: (account) => people.handle(account) ?? '' });
 * timeline.add(record);
 * emit('timeline', { room, ...timeline.takeChanges() });
 */
export class Timeline {
  readonly #reader: Reader;
  readonly #records: RecordIndex;
  readonly #outbox = new Outbox();
  readonly #shown = new Shown();
  readonly #maker: ItemMaker;
  /** Places whose item has to be worked out again. */
  readonly #touched = new Set<Slot>();
  readonly #renamed = new Set<string>();

  constructor(reader: Reader) {
    this.#reader = reader;
    this.#records = new RecordIndex(reader.me);
    this.#maker = new ItemMaker(reader, this.#records, this.#outbox, (id) => this.#shown.byId(id));
  }

  /** Takes a record at its place: cheap at the end, possible anywhere. */
  add(record: EntryRecord): void {
    const old = this.#records.get(record.seq);
    if (old !== null) this.#touchAround(old);
    this.#records.put(record);
    this.#touchAround(record);
  }

  /** Takes a record that says more than the one in its place: a grant or a key came. */
  replace(record: EntryRecord): void {
    this.add(record);
  }

  /** A message of this device on its way, or its new state. New ones go behind those that are there. */
  pend(pending: Pending): void {
    this.#outbox.put(pending);
    this.#touchMessage(pending.id);
  }

  /** Takes it out again: discarded, or in the log. Shown without a gap if `add` took its record before. */
  unpend(id: string): void {
    this.#touchMessage(id);
    this.#outbox.delete(id);
  }

  /** `handleOf` has another answer for this account. */
  renamed(account: string): void {
    this.#renamed.add(account);
  }

  items(): TimelineItem[] {
    this.#settle();
    return this.#shown.all(this.#sending());
  }

  /** What differs since the last call. */
  takeChanges(): TimelineChanges {
    this.#settle();
    return this.#shown.takeChanges(this.#sending());
  }

  /** Readable messages of others behind `cursor`. */
  unread(cursor: number): { unread: number; mentions: number } {
    this.#settle();
    return this.#shown.unreadAfter(cursor);
  }

  /** The newest readable message, one's own included as soon as it is in the outbox. */
  preview(): RoomView['preview'] {
    this.#settle();
    let newest = this.#shown.newestText();
    for (const { id, payload, send } of this.#outbox.all()) {
      const item = isWritten(payload) && send !== 'refused' ? this.#shown.get(id) : null;
      if (item?.kind === 'text') newest = item;
    }
    return newest && { handle: newest.handle, text: oneLine(newest.text), at: newest.at };
  }

  /** Empty as long as nobody named the room. */
  get name(): string {
    return this.#records.profile()?.name ?? '';
  }

  get topic(): string {
    return this.#records.profile()?.topic ?? '';
  }

  #sending(): string[] {
    return Array.from(this.#outbox.all(), ({ id }) => id);
  }

  /** Everything that a record bears on. Asked before one goes and after one came. */
  #touchAround(record: EntryRecord): void {
    this.#touched.add(record.seq);
    const hidden = this.#records.runs.before(record.seq);
    if (hidden !== null) this.#touched.add(hidden);
    const profile = this.#records.profileAfter(record);
    if (profile !== null) this.#touched.add(profile);
    if (isIdentified(record)) this.#touchMessage(record.id);
    if (record.kind !== 'statement') return;
    for (const { id } of this.#records.deletesUnder(record)) this.#touchMessage(id);
    if (roleChange(record)?.account !== this.#reader.me) return;
    for (const { id, payload } of this.#outbox.all()) if (payload.kind === 'delete') this.#touchMessage(id);
  }

  /** The places that hold a message id, those that aim at it, and those that it changes. */
  #touchMessage(id: string): void {
    for (const seq of this.#records.holders(id)) {
      this.#touched.add(seq);
      this.#touchShown(changedBy(this.#records.get(seq) as EntryRecord));
    }
    const pending = this.#outbox.get(id);
    if (pending !== null) {
      this.#touched.add(id);
      this.#touchShown(isChange(pending.payload) ? pending.payload.target : null);
    }
    for (const slot of this.#aimedAt(id)) this.#touched.add(slot);
  }

  #touchShown(id: string | null): void {
    if (id === null) return;
    const record = this.#records.holder(id);
    if (record !== null) this.#touched.add(record.seq);
    if (this.#outbox.get(id) !== null) this.#touched.add(id);
  }

  *#aimedAt(id: string): Iterable<Slot> {
    yield* this.#records.aimedAt(id);
    for (const pending of this.#outbox.aimedAt(id)) yield pending.id;
  }

  /** Works out what was touched. Replies follow what they quote; nothing quotes a quote, so this ends. */
  #settle(): void {
    this.#touchRenamed();
    for (const slot of this.#touched) {
      this.#touched.delete(slot);
      const old = this.#shown.get(slot);
      const item = this.#itemAt(slot);
      if (!this.#shown.set(slot, item) || isQuotedAlike(old, item)) continue;
      for (const id of new Set([old?.id, item?.id])) if (id !== undefined) this.#touchQuotes(id);
    }
  }

  #itemAt(slot: Slot): TimelineItem | null {
    if (typeof slot === 'number') {
      const record = this.#records.get(slot);
      return record && this.#maker.ofRecord(record);
    }
    const pending = this.#outbox.get(slot);
    return pending && this.#maker.ofPending(pending);
  }

  #touchQuotes(id: string): void {
    for (const slot of this.#aimedAt(id)) if (this.#shown.get(slot)?.replyTo) this.#touched.add(slot);
  }

  /** One pass for all names that changed: an index of who is named where would cost every message something. */
  #touchRenamed(): void {
    if (this.#renamed.size === 0) return;
    for (const record of this.#records.all()) {
      if (accountsOf(record).some((account) => this.#renamed.has(account))) this.#touched.add(record.seq);
    }
    if (this.#renamed.has(this.#reader.me)) for (const id of this.#sending()) this.#touched.add(id);
    this.#renamed.clear();
  }
}

/** The accounts that an entry's item names. */
function accountsOf(record: EntryRecord): string[] {
  if (record.kind === 'hidden' || record.account === null) return [];
  if (record.kind === 'grant') return [record.account, record.to];
  if (record.kind !== 'statement') return [record.account];
  return [record.account, ...accountsNamed(record.statement, record.inviter)];
}
