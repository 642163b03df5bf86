import { expect, test } from 'vitest';
import { addressOf } from './address.ts';

const from = (forwarded: string | undefined) => ({
  address: '10.0.0.9',
  headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded },
});

test('nobody in front is believed unless configured', () => {
  expect(addressOf(from('1.2.3.4'), 0)).toBe('10.0.0.9');
  expect(addressOf(from(undefined), 1)).toBe('10.0.0.9');
});

test('behind proxies, the address that the outermost one saw counts; what a peer made up does not', () => {
  expect(addressOf(from('6.6.6.6, 1.2.3.4'), 1)).toBe('1.2.3.4');
  expect(addressOf(from('6.6.6.6, 1.2.3.4, 10.0.0.1'), 2)).toBe('1.2.3.4');
});
