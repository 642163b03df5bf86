import { expect, test } from 'vitest';
import { hasRightToLeft } from './bidi.ts';

test.each([
  ['plain, Ελληνικά, 日本語, 🎉', false],
  ['first left, then שלום', true],
  ['مرحبا', true],
  ['𞤀𞤁', true],
])('%s', (text, expected) => expect(hasRightToLeft(text)).toBe(expected));
