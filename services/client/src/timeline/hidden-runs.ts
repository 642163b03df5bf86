/**
 * Where a run of hidden entries ends: there, and only there, the timeline says "You see messages from here on". Statements
 * and commits are never hidden and stand between hidden entries, so they neither end a run nor begin one; what ends it is
 * an entry that this account was meant to read, or the statement that let it in.
 */
import type { EntryRecord } from './record.ts';
import { SortedSeqs } from './sorted-seqs.ts';

type Part = 'hidden' | 'shown' | 'neither';

function partOf(record: EntryRecord, me: string): Part {
  switch (record.kind) {
    case 'hidden':
      return 'hidden';
    case 'message':
    case 'unreadable':
    case 'grant':
      return 'shown';
    case 'statement':
      return letsIn(record, me) ? 'shown' : 'neither';
    default:
      return 'neither';
  }
}

function letsIn({ statement, account }: Extract<EntryRecord, { kind: 'statement' }>, me: string): boolean {
  if (statement.type === 'member.add') return statement.account === me;
  return (statement.type === 'room.create' || statement.type === 'member.join') && account === me;
}

export class HiddenRuns {
  readonly #me: string;
  readonly #hidden = new Set<number>();
  /** Hidden and shown ones. */
  readonly #parts = new SortedSeqs();

  constructor(me: string) {
    this.#me = me;
  }

  add(record: EntryRecord): void {
    const part = partOf(record, this.#me);
    if (part !== 'neither') this.#parts.add(record.seq);
    if (part === 'hidden') this.#hidden.add(record.seq);
  }

  delete(record: EntryRecord): void {
    this.#parts.delete(record.seq);
    this.#hidden.delete(record.seq);
  }

  /** Whether `seq` is the last of its run and the run is over. */
  endsAt(seq: number): boolean {
    const next = this.#parts.after(seq);
    return this.#hidden.has(seq) && next !== null && !this.#hidden.has(next);
  }

  /** The hidden entry whose place in its run depends on what is at `seq`. */
  before(seq: number): number | null {
    const before = this.#parts.before(seq);
    return before !== null && this.#hidden.has(before) ? before : null;
  }
}
