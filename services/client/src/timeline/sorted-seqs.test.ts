import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SEED } from '../../../protocol/testing/seed.ts';
import { SeqsByKey, SortedSeqs } from './sorted-seqs.ts';

test('answers as a plain sorted set does', () => {
  const seq = fc.integer({ min: 0, max: 12 });
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.boolean(), seq)), seq, (steps, probe) => {
      const seqs = new SortedSeqs();
      const set = new Set<number>();
      for (const [isIn, n] of steps) {
        seqs[isIn ? 'add' : 'delete'](n);
        set[isIn ? 'add' : 'delete'](n);
      }
      const plain = [...set].sort((a, b) => a - b);
      const higher = plain.filter((n) => n > probe);
      expect(seqs.all()).toEqual(plain);
      expect(seqs.size).toBe(plain.length);
      expect([seqs.first(), seqs.last()]).toEqual([plain[0] ?? null, plain.at(-1) ?? null]);
      expect(seqs.before(probe)).toBe(plain.filter((n) => n < probe).at(-1) ?? null);
      expect(seqs.after(probe)).toBe(higher[0] ?? null);
      expect(seqs.countAfter(probe)).toBe(higher.length);
    }),
    { seed: SEED },
  );
});

test('keys do not see each other', () => {
  const seqs = new SeqsByKey();
  seqs.add('a', 3);
  seqs.add('a', 1);
  seqs.add('b', 2);
  expect([seqs.all('a'), seqs.first('b'), seqs.before('a', 3)]).toEqual([[1, 3], 2, 1]);
  seqs.delete('b', 2);
  seqs.delete('b', 2);
  expect([seqs.all('b'), seqs.first('b'), seqs.before('b', 3)]).toEqual([[], null, null]);
});
