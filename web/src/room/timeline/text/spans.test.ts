import { expect, test } from 'vitest';
import { spansOf } from './spans.ts';

const plain = (text: string, me = 'ada') =>
  spansOf(text, me).map((span) => (span.kind === 'words' ? span.text : [span.kind, span.text]));

test('nothing is lost', () => {
  for (const text of [
    '',
    'a',
    'see https://a.example/x, (https://b.example/y)! @ada',
    'tabs\tand  blanks\n',
  ]) {
    expect(
      spansOf(text, 'ada')
        .map((span) => span.text)
        .join(''),
    ).toBe(text);
  }
});

test('a URL ends before the punctuation of its sentence', () => {
  expect(plain('(see https://a.example/x_(y).)')).toEqual([
    '(see ',
    ['link', 'https://a.example/x_(y)'],
    '.)',
  ]);
  expect(plain('https://a.example, ok')).toEqual([['link', 'https://a.example'], ', ok']);
});

test('what is no URL stays text', () => {
  expect(plain('https:// javascript:alert(1) http://')).toEqual(['https:// javascript:alert(1) http://']);
});

test('the reader is found as a word', () => {
  expect(plain('@ada, @adam and x@ada and @ADA-x: (@Ada)')).toEqual([
    ['me', '@ada'],
    ', @adam and x@ada and @ADA-x: (',
    ['me', '@Ada'],
    ')',
  ]);
  expect(plain('@a.c', '')).toEqual(['@a.c']);
});

test('48 KB of brackets take no time', () => {
  const started = performance.now();
  spansOf(`https://a${')'.repeat(48_000)}`, 'ada');
  spansOf('https://a@ada '.repeat(3_500), 'ada');
  expect(performance.now() - started).toBeLessThan(500);
});
