import { LIMITS } from '@sotto/protocol';
import { expect, test } from 'vitest';
import { sizeOf, sizeSentence } from './size.ts';

test('bytes of UTF-8 count, not characters', () => {
  expect(sizeOf('ж'.repeat(LIMITS.textBytes / 2))).toMatchObject({ near: true, over: false, left: 0 });
  expect(sizeOf(`${'ж'.repeat(LIMITS.textBytes / 2)}a`)).toMatchObject({ over: true, left: -1 });
  expect(sizeOf('😀'.repeat(LIMITS.textBytes / 4))).toMatchObject({ over: false, left: 0 });
});

test('nothing is said of short texts', () => {
  expect(sizeOf('hello')).toMatchObject({ near: false, over: false });
});

test('the sentence says what is wrong and by how much', () => {
  expect(sizeSentence(sizeOf('a'.repeat(50_000)), 'en')).toBe(
    'Too long by 848 bytes: a message has at most 49,152, fewer where it has many quotes or line breaks.',
  );
  expect(sizeSentence(sizeOf('a'.repeat(49_000)), 'en')).toBe('152 bytes left');
});

test('what JSON writes twice counts twice', () => {
  expect(sizeOf('"'.repeat(40_000)).over).toBe(true);
  expect(sizeOf('a'.repeat(40_000)).over).toBe(false);
});
