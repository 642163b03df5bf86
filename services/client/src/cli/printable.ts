/** What other people wrote, made harmless for a terminal: their texts could move the cursor, rename the window, or lie. */

const code = (character: string): number => character.codePointAt(0) as number;

/** Marks that turn the direction of what follows, so that a line reads otherwise than it was sent. */
const TURNS = /[\u202a-\u202e\u2066-\u2069]/gu;
const CONTROLS = /\p{Cc}/gu;

const visible = (character: string): string => `\\u{${code(character).toString(16)}}`;

/** Control characters are shown as `\u{1b}`; line breaks and tabs stay. */
export const printable = (text: string): string =>
  text.replace(CONTROLS, (c) => (c === '\n' || c === '\t' ? c : visible(c))).replace(TURNS, visible);

/** As `printable`, on one line: for names, and for whatever begins a line of ours. */
export const inline = (text: string): string => printable(text).replace(/\s+/gu, ' ');

const escaped = (character: string): string => `\\u${code(character).toString(16).padStart(4, '0')}`;

/** One line of JSON. It stands for the same value, and holds no character that a terminal would obey. */
export const jsonLine = (value: unknown): string =>
  JSON.stringify(value).replace(CONTROLS, escaped).replace(TURNS, escaped);
