import { expect, test } from 'vitest';
import { inline, jsonLine, printable } from './printable.ts';

const ESC = '\u001b';

test('what a terminal would obey is shown instead', () => {
  expect(printable(`a${ESC}[2Jb\u009b31m\u007f\r\u0000`)).toBe('a\\u{1b}[2Jb\\u{9b}31m\\u{7f}\\u{d}\\u{0}');
  expect(printable('abc\u202egnp.exe')).toBe('abc\\u{202e}gnp.exe');
  expect(printable('two\nlines\tand 🐤 שלום')).toBe('two\nlines\tand 🐤 שלום');
});

test('a name stays on one line', () => {
  expect(inline('Ops\n12:00  bob: I agree')).toBe('Ops 12:00 bob: I agree');
});

test('a line of JSON is one line, harmless, and the same value', () => {
  const value = { text: `${ESC}[2J \u009b \u007f \u202e \n 🐤 \u2028` };
  const line = jsonLine(value);
  expect(JSON.parse(line)).toEqual(value);
  expect(line).not.toMatch(/[\p{Cc}\u202e]/u);
  expect(line).toContain('🐤');
});
