import { expect, test } from 'vitest';
import { COLUMNS, isEmojiOnly, PALETTE, step } from './emoji.ts';

test('arrow keys walk the palette and stop at its edges', () => {
  const go = (from: number, key: string) => step(from, key, PALETTE.length, COLUMNS);
  expect(go(0, 'ArrowRight')).toBe(1);
  expect(go(0, 'ArrowLeft')).toBe(0);
  expect(go(1, 'ArrowDown')).toBe(9);
  expect(go(1, 'ArrowUp')).toBe(1);
  expect(go(3, 'End')).toBe(23);
  expect(go(3, 'x')).toBe(3);
});

test('no emoji stands there twice', () => {
  expect(new Set(PALETTE.map(([emoji]) => emoji)).size).toBe(PALETTE.length);
});

test.each([
  ['🎉', true],
  ['👨‍👩‍👧‍👦 🏳️‍🌈', true],
  ['', false],
  ['0', false],
  ['🎉!', false],
  ['🎉'.repeat(6), false],
])('%s alone: %s', (text, alone) => expect(isEmojiOnly(text)).toBe(alone));
