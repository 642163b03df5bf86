/** One line of a room, as JSON and for people. */
import type { TimelineItem } from '../views.ts';
import { clock } from './output.ts';
import { inline, printable } from './printable.ts';

/** The documented fields; whoever wants everything uses `export`. */
export const entryObject = (item: TimelineItem): object => ({
  seq: item.seq,
  from: item.handle,
  kind: item.kind,
  text: item.text,
  at: item.at,
  id: item.id,
  ...(item.edited ? { edited: true } : {}),
  ...(item.replyTo === null ? {} : { replyTo: item.replyTo.id }),
  ...(item.unreadable === null ? {} : { cause: item.unreadable.cause }),
});

const INDENT = `\n${' '.repeat(18)}`;

function said(item: TimelineItem): string {
  const name = inline(item.handle);
  const from = item.replyTo === null ? name : `${name} to ${inline(item.replyTo.handle)}`;
  const edited = item.edited ? ' (edited)' : '';
  const reactions = item.reactions
    .map(({ emoji, accounts }) => `${inline(emoji)} ${accounts.length}`)
    .join(' ');
  return `${from}: ${printable(item.text)}${edited}${reactions === '' ? '' : `  [${reactions}]`}`;
}

function content(item: TimelineItem): string {
  if (item.kind === 'text') return said(item);
  if (item.kind === 'event') return `* ${inline(item.text)}`;
  if (item.kind === 'deleted') return `${inline(item.handle)}: (deleted)`;
  const why = item.unreadable === null ? '' : `: ${item.unreadable.cause} ${item.unreadable.action}`;
  return `${inline(item.handle)}: (unreadable${inline(why)})`;
}

/** Further lines are indented, so that nobody can write what looks like a line of somebody else. */
export const entryText = (item: TimelineItem): string =>
  `${clock(item.at)}  ${content(item).replaceAll('\n', INDENT)}`;
