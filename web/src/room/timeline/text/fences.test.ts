import { expect, test } from 'vitest';
import { partsOf } from './fences.ts';

const prose = (text: string) => ({ kind: 'prose', text });
const code = (text: string, language = '') => ({ kind: 'code', text, language });

test('prose alone is one part, whatever is in it', () => {
  expect(partsOf('a `b` ``` c')).toEqual([prose('a `b` ``` c')]);
  expect(partsOf('')).toEqual([prose('')]);
});

test('a fence with its language between prose', () => {
  expect(partsOf('see:\n\n```ts\nconst a = 1;\n\n  b\n```\n\nright?')).toEqual([
    prose('see:'),
    code('const a = 1;\n\n  b', 'ts'),
    prose('right?'),
  ]);
});

test('a longer fence holds a shorter one, tildes hold backticks', () => {
  expect(partsOf('````\n```\nx\n```\n````')).toEqual([code('```\nx\n```')]);
  expect(partsOf('~~~ md\n```\n~~~')).toEqual([code('```', 'md')]);
});

test('a fence that is not closed ends with the text', () => {
  expect(partsOf('```\na\nb')).toEqual([code('a\nb')]);
});

test('what is no language is no label', () => {
  expect(partsOf('```<img onerror=x>\na\n```')).toEqual([code('a')]);
  expect(partsOf('```c++ title="x"\na\n```')).toEqual([code('a', 'c++')]);
});

test('the indent of a fence is taken off its lines', () => {
  expect(partsOf('  ```\n  a\n    b\n c\n  ```')).toEqual([code('a\n  b\nc')]);
});

test('48 KB of fences take no time', () => {
  const started = performance.now();
  partsOf('```\n'.repeat(12_000));
  partsOf(`\`\`\`\n${'~~~\n'.repeat(12_000)}`);
  expect(performance.now() - started).toBeLessThan(500);
});
