import { expect, test } from 'vitest';
import { strengthOf } from './strength.ts';

const level = (passphrase: string) => strengthOf(passphrase).level;

test('short, repeated and plain are told from long and random', () => {
  expect(level('Tr0ub4dor&3')).toBe(0);
  expect(level('aaaaaaaaaaaaaaaa')).toBeLessThan(2);
  expect(level('password password password')).toBeLessThan(2);
  expect(level('correct horse battery')).toBe(1);
  expect(level('correct horse battery staple')).toBe(2);
  expect(level('correct horse battery staple lamp')).toBeGreaterThan(2);
  expect(level('k7#Qz!v9R@w2Lp&x4Tn')).toBe(4);
});
