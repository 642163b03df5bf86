/** The item of each place, worked out anew from what is known: never from what the item was before. */
import type { Payload } from '@sotto/protocol';
import type { TimelineItem, Unreadable } from '../views.ts';
import { eventId, makeItem } from './item.ts';
import {
  type Change,
  isChange,
  isWritten,
  type MayModerate,
  mayChange,
  messageItem,
  type Post,
  type Written,
} from './message.ts';
import type { Outbox, Pending } from './outbox.ts';
import { quote } from './quote.ts';
import type { EntryRecord, MessageRecord } from './record.ts';
import type { RecordIndex } from './record-index.ts';
import {
  grantSentence,
  noMessage,
  notEntitled,
  profileSentence,
  REPEATED,
  type Reader,
  SEEN_FROM_HERE,
  statementSentence,
  triedSentence,
} from './words.ts';

const LOGGED = { send: 'logged', refusal: null } as const;

const logged = <P extends Payload>(record: MessageRecord, payload: P): Post<P> => {
  const { id, seq, account, sentAt } = record;
  return { id, seq, account, at: sentAt, payload, ...LOGGED };
};

export class ItemMaker {
  readonly #reader: Reader;
  readonly #records: RecordIndex;
  readonly #outbox: Outbox;
  readonly #shown: (id: string) => TimelineItem | null;
  readonly #mayModerate: MayModerate;

  /** `shown`: the item of a message id as it is now, for quotes. */
  constructor(
    reader: Reader,
    records: RecordIndex,
    outbox: Outbox,
    shown: (id: string) => TimelineItem | null,
  ) {
    this.#reader = reader;
    this.#records = records;
    this.#outbox = outbox;
    this.#shown = shown;
    this.#mayModerate = (account, seq) => records.roles.mayModerate(account, seq);
  }

  /** Of an entry in the log; null where it shows nothing of its own. */
  ofRecord(record: EntryRecord): TimelineItem | null {
    switch (record.kind) {
      case 'commit':
        return null;
      case 'hidden':
        return this.#records.runs.endsAt(record.seq) ? this.#event(record, null, SEEN_FROM_HERE) : null;
      case 'refused':
        return this.#unreadable(
          eventId(record.seq),
          record.seq,
          record.account,
          record.at,
          record.unreadable,
        );
      case 'grant':
        return this.#event(record, record.account, grantSentence(this.#reader, record));
      case 'statement':
        return this.#event(record, record.account, statementSentence(this.#reader, record));
    }
    const { id, seq, account, sentAt } = record;
    if (this.#records.repeats(record)) {
      return this.#unreadable(eventId(seq), seq, account, sentAt, REPEATED);
    }
    if (record.kind === 'unreadable') return this.#unreadable(id, seq, account, sentAt, record.unreadable);
    return this.#ofMessage(record);
  }

  #ofMessage(record: MessageRecord): TimelineItem | null {
    const { payload, account } = record;
    if (isWritten(payload)) return this.#message(logged(record, payload));
    if (payload.kind === 'profile') {
      if (this.#records.introduces(record)) return null;
      return this.#event(record, account, profileSentence(this.#reader, account, payload));
    }
    const fault = this.#faultOf(logged(record, payload));
    return fault === null ? null : this.#unreadable(record.id, record.seq, account, record.sentAt, fault);
  }

  /** What is wrong with an edit or delete; it cannot be told before its target can be read. */
  #faultOf(change: Post<Change>): Unreadable | null {
    const target = this.#records.holder(change.payload.target);
    if (change.payload.kind === 'reaction' || target?.kind !== 'message') return null;
    if (!isWritten(target.payload)) return noMessage(this.#reader, change.account);
    const isAllowed = mayChange(change, target.account, this.#mayModerate);
    return isAllowed ? null : notEntitled(this.#reader, change.account);
  }

  /** Of something in the outbox; null where the log has it, and for what is seen at the item that it changes. */
  ofPending(pending: Pending): TimelineItem | null {
    const { id, payload } = pending;
    if (this.#records.holder(id) !== null) return null;
    if (isWritten(payload)) return this.#message(this.#post(pending, payload));
    return pending.send === 'refused' ? this.#takenBack(pending, payload) : null;
  }

  /** A change that was refused stands behind the log with what it was about, until it is discarded. */
  #takenBack(pending: Pending, payload: Exclude<Payload, Written>): TimelineItem {
    const { id, seq, at, send, refusal } = pending;
    const isEdit = payload.kind === 'edit';
    return makeItem(this.#reader, this.#reader.me, {
      id,
      seq,
      at,
      kind: isEdit ? 'text' : 'event',
      text: isEdit ? payload.text : triedSentence(payload),
      edited: isEdit,
      replyTo: 'target' in payload ? quote(payload.target, this.#shown(payload.target)) : null,
      send,
      refusal,
    });
  }

  #message(post: Post<Written>): TimelineItem {
    const { payload, id } = post;
    const replyTo = payload.kind === 'reply' ? quote(payload.target, this.#shown(payload.target)) : null;
    return messageItem(this.#reader, post, this.#changesOf(id), replyTo, this.#mayModerate);
  }

  /** Those in the log, then those on their way. What was refused is taken back. */
  *#changesOf(id: string): Iterable<Post<Change>> {
    for (const record of this.#records.countingFor(id)) {
      if (isChange(record.payload)) yield logged(record, record.payload);
    }
    for (const pending of this.#outbox.aimedAt(id)) {
      if (pending.send === 'refused' || this.#records.holder(pending.id) !== null) continue;
      if (isChange(pending.payload)) yield this.#post(pending, pending.payload);
    }
  }

  #post<P extends Payload>(pending: Pending, payload: P): Post<P> {
    return { ...pending, payload, account: this.#reader.me };
  }

  #event({ seq, at }: EntryRecord, account: string | null, text: string | null): TimelineItem | null {
    if (text === null) return null;
    return makeItem(this.#reader, account, { id: eventId(seq), seq, at, kind: 'event', text });
  }

  #unreadable(
    id: string,
    seq: number,
    account: string | null,
    at: number,
    unreadable: Unreadable,
  ): TimelineItem {
    return makeItem(this.#reader, account, { id, seq, at, kind: 'unreadable', unreadable });
  }
}
