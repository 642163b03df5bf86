import { expect, test } from 'vitest';
import { needsMarkdown } from './needs-markdown.ts';

test.each([
  '*a*',
  '`x`',
  '# Title',
  '> said',
  '- one',
  '1. one',
  '[a](b)',
  'a|b',
  'me@a.example',
  'www.a.example',
])('markdown: %s', (text) => expect(needsMarkdown(text)).toBe(true));

test.each([
  'hello',
  'a < b && c > d; "quotes" <img src=x onerror=alert(1)>',
  'first\nsecond\n\nthird',
  '#hashtag',
  '-1 and +2',
  'https://a.example/x',
  'C:\\temp',
  '',
])('plain: %s', (text) => expect(needsMarkdown(text)).toBe(false));

test('what would keep the parser busy is not given to it', () => {
  expect(needsMarkdown('a_'.repeat(24_000))).toBe(false);
  expect(needsMarkdown('> '.repeat(2_000))).toBe(false);
  expect(needsMarkdown('- '.repeat(2_000))).toBe(false);
  expect(needsMarkdown(' '.repeat(8_000))).toBe(false);
});
