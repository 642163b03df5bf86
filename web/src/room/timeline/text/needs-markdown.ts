/**
 * Most messages have nothing for a markdown parser to do. Some must be kept from it: its time grows with the square of some
 * texts (48 KB of "_a_a…" take 2 s, measured with marked 18), and whoever sends one would freeze the room of all others.
 */
const INLINE = /[*_`~[\]|]|\bwww\.|\S@\S/;
const BLOCK = /^ {0,3}(?:#{1,6} |> ?\S|[-+] |\d{1,9}[.)] |-{3,} *$)/m;
/** Deeper than people nest; the parser recurses. */
const DEEP = /^\s*(?:(?:>|[-+*]\s|\d{1,9}[.)]\s)\s*){12}/m;

/** 8,000 characters of the worst known text take 60 ms. */
const MAX_CHARS = 8_000;

export const needsMarkdown = (prose: string): boolean =>
  prose.length <= MAX_CHARS && (INLINE.test(prose) || BLOCK.test(prose)) && !DEEP.test(prose);
