import { expect, test } from 'vitest';
import { TokenBucket } from './token-bucket.ts';

test('a burst is taken at once, then the rate holds', () => {
  const bucket = new TokenBucket(100, 3, 0);
  expect([bucket.take(0), bucket.take(0), bucket.take(0)]).toEqual([0, 0, 0]);
  expect(bucket.take(0)).toBe(10);
  expect(bucket.take(20)).toBe(0);
});

test('a peer that goes on after its refusals is flooding; one that waits is not', () => {
  const bucket = new TokenBucket(100, 3, 0);
  for (let i = 0; i < 6; i++) bucket.take(0);
  expect(bucket.flooding).toBe(false);
  bucket.take(0);
  expect(bucket.flooding).toBe(true);
  bucket.take(1000);
  expect(bucket.flooding).toBe(false);
});
