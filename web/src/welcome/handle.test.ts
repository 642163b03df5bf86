import { expect, test } from 'vitest';
import { cleanHandle, handleFault } from './handle.ts';

test('what people type becomes the handle they mean', () => {
  expect(cleanHandle('  @Ann ')).toBe('ann');
});

test('handles as the protocol has them pass', () => {
  for (const handle of ['ann', 'ben-k', '0x', 'a_b', 'a'.repeat(32)]) expect(handleFault(handle)).toBeNull();
});

test('each fault has a sentence of its own', () => {
  const faults = ['', 'a', 'a'.repeat(33), '-ann', 'a nn'].map(handleFault);
  expect(faults.every((fault) => fault !== null)).toBe(true);
  expect(new Set(faults).size).toBe(5);
});
