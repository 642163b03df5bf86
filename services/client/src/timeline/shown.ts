/** The items as they were last worked out, and what became of them since somebody asked. */
import type { TimelineItem } from '../views.ts';
import { bySeq, isSameItem } from './item.ts';
import { SortedSeqs } from './sorted-seqs.ts';

/** Where an item comes from: the log's sequence or the outbox's message id. Each place shows one item at most. */
export type Slot = number | string;

export class Shown {
  readonly #items = new Map<Slot, TimelineItem>();
  /** The one place of each item id. A message moves from the outbox to the log and stays the same item. */
  readonly #slots = new Map<string, Slot>();
  readonly #log = new SortedSeqs();
  readonly #texts = new SortedSeqs();
  readonly #unread = new SortedSeqs();
  readonly #mentions = new SortedSeqs();
  readonly #changed = new Set<Slot>();
  readonly #gone = new Set<string>();
  /** Of the outbox: those that the last caller knows. */
  readonly #told = new Set<string>();

  get(slot: Slot): TimelineItem | null {
    return this.#items.get(slot) ?? null;
  }

  byId(id: string): TimelineItem | null {
    const slot = this.#slots.get(id);
    return slot === undefined ? null : this.get(slot);
  }

  /** Whether that made a difference. */
  set(slot: Slot, item: TimelineItem | null): boolean {
    const old = this.get(slot);
    if (old === item || (old !== null && item !== null && isSameItem(old, item))) return false;
    if (old !== null && old.id !== item?.id && this.#slots.get(old.id) === slot) {
      this.#slots.delete(old.id);
      this.#gone.add(old.id);
    }
    if (item === null) {
      this.#items.delete(slot);
      this.#changed.delete(slot);
      if (typeof slot === 'string') this.#told.delete(slot);
    } else {
      this.#items.set(slot, item);
      this.#slots.set(item.id, slot);
      this.#changed.add(slot);
    }
    if (typeof slot === 'number') this.#count(slot, item);
    return true;
  }

  #count(seq: number, item: TimelineItem | null): void {
    const isText = item?.kind === 'text';
    const isUnread = isText && !item.mine;
    keep(this.#log, seq, item !== null);
    keep(this.#texts, seq, isText);
    keep(this.#unread, seq, isUnread);
    keep(this.#mentions, seq, isUnread && item.mentionsMe);
  }

  unreadAfter(seq: number): { unread: number; mentions: number } {
    return { unread: this.#unread.countAfter(seq), mentions: this.#mentions.countAfter(seq) };
  }

  newestText(): TimelineItem | null {
    const seq = this.#texts.last();
    return seq === null ? null : this.get(seq);
  }

  /** `outbox`: its message ids in the order of sending. */
  all(outbox: readonly string[]): TimelineItem[] {
    return this.#pick([...this.#log.all(), ...outbox]);
  }

  /** What differs since the last call; everything, with `reset`, where the caller could not fit that in. */
  takeChanges(outbox: readonly string[]): { items: TimelineItem[]; reset: boolean } {
    const changed = [...this.#changed];
    const log = changed.filter((slot) => typeof slot === 'number');
    const sending = changed.length === log.length ? [] : outbox;
    const isGone = [...this.#gone].some((id) => !this.#slots.has(id));
    const reset = this.#tell(sending) || isGone;
    const slots = [...log, ...sending.filter((id) => this.#changed.has(id))];
    this.#gone.clear();
    this.#changed.clear();
    return { items: reset ? this.all(outbox) : this.#pick(slots), reset };
  }

  /** Whether a new one is not behind all that are known: without a sequence it would not be found where it belongs. */
  #tell(sending: readonly string[]): boolean {
    let sawNew = false;
    let isBetween = false;
    for (const id of sending) {
      const item = this.get(id);
      if (item === null) continue;
      if (!this.#told.has(id)) sawNew = true;
      else if (item.seq === null && sawNew) isBetween = true;
      this.#told.add(id);
    }
    return isBetween;
  }

  #pick(slots: readonly Slot[]): TimelineItem[] {
    return slots
      .map((slot) => this.get(slot))
      .filter((item) => item !== null)
      .sort(bySeq);
  }
}

function keep(seqs: SortedSeqs, seq: number, isIn: boolean): void {
  if (isIn) seqs.add(seq);
  else seqs.delete(seq);
}
