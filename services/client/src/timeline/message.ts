/** A text or reply with everything that was done to it since. */
import type { Payload } from '@sotto/protocol';
import type { SendState, TimelineItem } from '../views.ts';
import { makeItem } from './item.ts';
import { Reactions } from './reactions.ts';
import type { Reader } from './words.ts';

export type Written = Extract<Payload, { kind: 'text' | 'reply' }>;
export type Change = Extract<Payload, { kind: 'edit' | 'delete' | 'reaction' }>;

export const isWritten = (payload: Payload): payload is Written =>
  payload.kind === 'text' || payload.kind === 'reply';
export const isChange = (payload: Payload): payload is Change =>
  payload.kind === 'edit' || payload.kind === 'delete' || payload.kind === 'reaction';

/** A message in the log or in the outbox. */
export interface Post<P extends Payload = Payload> {
  readonly id: string;
  readonly seq: number | null;
  readonly account: string;
  readonly at: number;
  readonly payload: P;
  readonly send: SendState;
  readonly refusal: string | null;
}

export type MayModerate = (account: string, seq: number | null) => boolean;

/** Edits are the author's alone; a moderator may delete, but not put words into somebody's mouth. */
export function mayChange(change: Post<Change>, author: string, mayModerate: MayModerate): boolean {
  const { kind } = change.payload;
  if (kind === 'reaction' || change.account === author) return true;
  return kind === 'delete' && mayModerate(change.account, change.seq);
}

/** `changes` in the order of the log, then of sending; those that may not be made change nothing. */
export function messageItem(
  reader: Reader,
  post: Post<Written>,
  changes: Iterable<Post<Change>>,
  replyTo: TimelineItem['replyTo'],
  mayModerate: MayModerate,
): TimelineItem {
  const reactions = new Reactions();
  let { text, mentions } = post.payload;
  let { send } = post;
  let edited = false;
  let isDeleted = false;
  for (const change of changes) {
    if (!mayChange(change, post.account, mayModerate)) continue;
    const { payload } = change;
    send = leastSure(send, change.send);
    if (payload.kind === 'delete') isDeleted = true;
    else if (payload.kind === 'reaction') reactions.set(change.account, payload.emoji, payload.on);
    else {
      ({ text, mentions } = payload);
      edited = true;
    }
  }
  const { id, seq, at, account, refusal } = post;
  if (isDeleted) return makeItem(reader, account, { id, seq, at, kind: 'deleted', send, refusal });
  const mentionsMe = mentions?.includes(reader.me) ?? false;
  const shown = { text, edited, replyTo, reactions: reactions.view(), mentionsMe };
  return makeItem(reader, account, { id, seq, at, kind: 'text', send, refusal, ...shown });
}

const SURE: Readonly<Record<SendState, number>> = { refused: 0, queued: 1, sent: 2, logged: 3 };

/** What is shown is as sure as its least sure part. */
const leastSure = (a: SendState, b: SendState): SendState => (SURE[a] <= SURE[b] ? a : b);
