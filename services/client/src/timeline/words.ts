/** What happened in a room, in plain words and from the reader's view. */
import type { MembershipStatement, Payload, Role } from '@sotto/protocol';
import type { Unreadable } from '../views.ts';
import type { GrantRecord, StatementRecord } from './record.ts';

/** Whose timeline it is, and what it calls others. */
export interface Reader {
  /** Own account id. */
  readonly me: string;
  handleOf(account: string): string;
}

const QUOTE_CHARS = 140;

const subject = (reader: Reader, account: string): string =>
  account === reader.me ? 'You' : reader.handleOf(account);
const object = (reader: Reader, account: string, by: string): string => {
  if (account === by) return account === reader.me ? 'yourself' : 'themselves';
  return account === reader.me ? 'you' : reader.handleOf(account);
};

const ROLE: Readonly<Record<Role, string>> = { owner: 'an owner', admin: 'an admin', member: 'a member' };

/** The event that a statement is; null for those that would only make noise. */
export function statementSentence(reader: Reader, record: StatementRecord): string | null {
  const { account, statement } = record;
  const who = subject(reader, account);
  const whom = (other: string) => object(reader, other, account);
  switch (statement.type) {
    case 'room.create':
      return `${who} created the room`;
    case 'member.add':
      return `${who} added ${whom(statement.account)}${statement.role === 'admin' ? ' as an admin' : ''}`;
    case 'member.join':
      return `${who} joined by ${inviteOf(reader, record.inviter)}`;
    case 'member.remove':
      return `${who} removed ${whom(statement.account)}`;
    case 'member.leave':
      return `${who} left`;
    case 'member.role':
      return `${who} made ${whom(statement.account)} ${ROLE[statement.role]}`;
    case 'invite.create':
      return `${who} made an invite link`;
    case 'invite.revoke':
      return `${who} withdrew an invite link`;
    case 'member.keys':
      return null;
  }
}

function inviteOf(reader: Reader, inviter: string | null): string {
  if (inviter === null) return 'an invite link';
  return inviter === reader.me ? 'your invite link' : `${reader.handleOf(inviter)}’s invite link`;
}

/** The accounts that a statement's sentence names beside its author. */
export function accountsNamed(statement: MembershipStatement, inviter: string | null): string[] {
  if (statement.type === 'member.join') return inviter === null ? [] : [inviter];
  return 'account' in statement ? [statement.account] : [];
}

export const grantSentence = (reader: Reader, { account, to }: GrantRecord): string =>
  `${subject(reader, account)} let ${object(reader, to, account)} read earlier messages`;

export function profileSentence(
  reader: Reader,
  account: string,
  { name, topic }: Extract<Payload, { kind: 'profile' }>,
): string {
  const named = `${subject(reader, account)} named the room “${name}”`;
  return topic ? `${named} with the topic “${topic}”` : named;
}

export const SEEN_FROM_HERE = 'You see messages from here on';

/** What an outbox item that changes something else says once it was refused. */
export function triedSentence(payload: Exclude<Payload, { kind: 'text' | 'reply' | 'edit' }>): string {
  switch (payload.kind) {
    case 'delete':
      return 'You deleted a message';
    case 'reaction':
      return payload.on ? `You reacted with ${payload.emoji}` : `You took back ${payload.emoji}`;
    case 'profile':
      return `You named the room “${payload.name}”`;
  }
}

export function notEntitled(reader: Reader, account: string): Unreadable {
  return {
    cause: `${subject(reader, account)} tried to change a message of somebody else.`,
    action: 'It was not applied: the message stays as its author wrote it.',
  };
}

export function noMessage(reader: Reader, account: string): Unreadable {
  return {
    cause: `${subject(reader, account)} tried to change something that is not a message.`,
    action: 'It was not applied. An app of another version may have sent it.',
  };
}

export const REPEATED: Unreadable = {
  cause: 'This message has the number of an earlier one.',
  action: 'The earlier one counts. If it happens again, tell whoever runs the server.',
};

export const QUOTED_DELETED = 'This message was deleted';
export const QUOTED_UNREADABLE = 'This message cannot be read';
export const QUOTED_MISSING = 'This message is not shown here';

/** At most about 140 characters, never through the middle of one. */
export function cut(text: string): string {
  // A character takes at most two units; the text may be 48 KiB, the start is enough to look at.
  const chars = [...text.slice(0, 2 * QUOTE_CHARS + 2)];
  return chars.length > QUOTE_CHARS ? `${chars.slice(0, QUOTE_CHARS).join('').trimEnd()}…` : text;
}

export const oneLine = (text: string): string =>
  cut(
    text
      .slice(0, 8 * QUOTE_CHARS)
      .replace(/\s+/g, ' ')
      .trim(),
  );
