/** A text without markdown: its words, its links, and where it names the reader. */
import { type Link, linkOf } from './link.ts';

export type Span =
  | { readonly kind: 'words'; readonly text: string }
  | { readonly kind: 'me'; readonly text: string }
  | { readonly kind: 'link'; readonly text: string; readonly link: Link };

const URLS = /\bhttps?:\/\/[^\s<>"]+/gi;

export function spansOf(text: string, me: string): Span[] {
  const spans: Span[] = [];
  let from = 0;
  for (const found of text.matchAll(URLS)) {
    const shown = withoutTail(found[0]);
    const link = linkOf(shown, shown);
    if (link === null) continue;
    spans.push(...namings(text.slice(from, found.index), me), { kind: 'link', text: shown, link });
    from = found.index + shown.length;
  }
  spans.push(...namings(text.slice(from), me));
  return spans;
}

/** A sentence's own punctuation is no part of a URL in it; a bracket is, where it was opened in the URL. */
function withoutTail(url: string): string {
  // Counted once: to count again for each bracket took 5 s for 48 KB of them.
  let unopened = 0;
  for (const letter of url) unopened += letter === ')' ? 1 : letter === '(' ? -1 : 0;
  let end = url.length;
  for (; end > 0; end--) {
    const last = url[end - 1] as string;
    if (last === ')' && unopened > 0) unopened--;
    else if (!/[.,:;!?'*_~]/.test(last)) break;
  }
  return url.slice(0, end);
}

/** "@handle" of the reader, as a word of its own. */
export function namings(text: string, me: string): Span[] {
  const spans: Span[] = [];
  let from = 0;
  if (/^[a-z0-9_-]+$/.test(me)) {
    for (const found of text.matchAll(new RegExp(`(?<![\\w@-])@${me}(?![\\w-])`, 'gi'))) {
      if (found.index > from) spans.push({ kind: 'words', text: text.slice(from, found.index) });
      spans.push({ kind: 'me', text: found[0] });
      from = found.index + found[0].length;
    }
  }
  if (from < text.length) spans.push({ kind: 'words', text: text.slice(from) });
  return spans;
}
