/** The records of one room and what leads from one to another. Knows what is where, judges nothing. */

import { HiddenRuns } from './hidden-runs.ts';
import { isChange } from './message.ts';
import type { EntryRecord, MessageRecord, UnreadableRecord } from './record.ts';
import { RoleHistory, roleChange } from './roles.ts';
import { SeqsByKey, SortedSeqs } from './sorted-seqs.ts';

/** Entries of kind 1: those whose message ids others aim at. */
export type Identified = MessageRecord | UnreadableRecord;

export const isIdentified = (record: EntryRecord): record is Identified =>
  record.kind === 'message' || record.kind === 'unreadable';

/** The message id whose item a record changes. */
export const changedBy = (record: EntryRecord): string | null =>
  record.kind === 'message' && isChange(record.payload) ? record.payload.target : null;

/** Who let somebody in with this entry; null where it lets nobody in. */
function hostOf(record: EntryRecord): string | null {
  if (record.kind !== 'statement') return null;
  if (record.statement.type === 'member.add') return record.account;
  return record.statement.type === 'member.join' ? record.inviter : null;
}

export class RecordIndex {
  readonly roles = new RoleHistory();
  readonly runs: HiddenRuns;
  readonly #records = new Map<number, EntryRecord>();
  /** By message id; more than one where an id was used twice. */
  readonly #holders = new SeqsByKey();
  /** By target: replies, edits, deletes, reactions. */
  readonly #aimed = new SeqsByKey();
  /** By author. */
  readonly #deletes = new SeqsByKey();
  readonly #profiles = new SortedSeqs();
  /** Statements that let somebody in, by the account that answers for it. */
  readonly #letIn = new SeqsByKey();

  constructor(me: string) {
    this.runs = new HiddenRuns(me);
  }

  get(seq: number): EntryRecord | null {
    return this.#records.get(seq) ?? null;
  }

  all(): Iterable<EntryRecord> {
    return this.#records.values();
  }

  put(record: EntryRecord): void {
    const old = this.#records.get(record.seq);
    if (old !== undefined) this.#forget(old);
    this.#records.set(record.seq, record);
    this.runs.add(record);
    if (record.kind === 'statement') this.roles.add(record);
    const host = hostOf(record);
    if (host !== null) this.#letIn.add(host, record.seq);
    if (isIdentified(record)) this.#holders.add(record.id, record.seq);
    if (record.kind !== 'message') return;
    const { payload, account, seq } = record;
    if ('target' in payload) this.#aimed.add(payload.target, seq);
    if (payload.kind === 'delete') this.#deletes.add(account, seq);
    if (payload.kind === 'profile') this.#profiles.add(seq);
  }

  #forget(record: EntryRecord): void {
    this.runs.delete(record);
    if (record.kind === 'statement') this.roles.delete(record);
    const host = hostOf(record);
    if (host !== null) this.#letIn.delete(host, record.seq);
    if (isIdentified(record)) this.#holders.delete(record.id, record.seq);
    if (record.kind !== 'message') return;
    const { payload, account, seq } = record;
    if ('target' in payload) this.#aimed.delete(payload.target, seq);
    if (payload.kind === 'delete') this.#deletes.delete(account, seq);
    if (payload.kind === 'profile') this.#profiles.delete(seq);
  }

  /** Every record with that message id: the first counts, the others repeat it. */
  holders(id: string): readonly number[] {
    return this.#holders.all(id);
  }

  /** The record that a message id stands for. */
  holder(id: string): Identified | null {
    const seq = this.#holders.first(id);
    return seq === null ? null : (this.#records.get(seq) as Identified);
  }

  repeats(record: Identified): boolean {
    return this.#holders.first(record.id) !== record.seq;
  }

  /** What aims at a message id, in the order of the log. */
  aimedAt(id: string): readonly number[] {
    return this.#aimed.all(id);
  }

  /** What aims at a message id and counts. */
  *countingFor(id: string): Iterable<MessageRecord> {
    for (const seq of this.aimedAt(id)) {
      const record = this.#records.get(seq) as MessageRecord;
      if (!this.repeats(record)) yield record;
    }
  }

  /** The deletes whose right hangs on a statement: those by the account that it is about, from there on. */
  deletesUnder(record: EntryRecord): MessageRecord[] {
    const change = record.kind === 'statement' ? roleChange(record) : null;
    if (change === null) return [];
    const seqs = this.#deletes.all(change.account).filter((seq) => seq > record.seq);
    return seqs.map((seq) => this.#records.get(seq) as MessageRecord);
  }

  /**
   * True where a profile only tells a newcomer what the others know: the first after somebody was let in, by whoever let it in. It is shown to
   * nobody, so that those who know the name and those who do not have one timeline.
   */
  introduces({ seq, account, payload }: MessageRecord): boolean {
    const letIn = this.#letIn.before(account, seq) ?? 0;
    const last = this.#profiles.before(seq);
    if (letIn <= (last ?? 0)) return false;
    const before = last === null ? null : (this.#records.get(last) as MessageRecord).payload;
    if (before?.kind !== 'profile' || payload.kind !== 'profile') return true;
    return before.name === payload.name && (before.topic ?? '') === (payload.topic ?? '');
  }

  /** The profile whose showing hangs on this record: the next one. */
  profileAfter(record: EntryRecord): number | null {
    const bears = hostOf(record) !== null || (record.kind === 'message' && record.payload.kind === 'profile');
    return bears ? this.#profiles.after(record.seq) : null;
  }

  /** The newest profile that counts. */
  profile(): { name: string; topic: string } | null {
    for (let seq = this.#profiles.last(); seq !== null; seq = this.#profiles.before(seq)) {
      const record = this.#records.get(seq) as MessageRecord;
      const { payload } = record;
      if (payload.kind === 'profile' && !this.repeats(record)) {
        return { name: payload.name, topic: payload.topic ?? '' };
      }
    }
    return null;
  }
}
