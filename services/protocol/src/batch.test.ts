import fc from 'fast-check';
import { expect, test } from 'vitest';
import { refusal } from '../testing/refusal.ts';
import { SEED } from '../testing/seed.ts';
import { decodeEntries, decodeEnvelopes, encodeEntries, encodeEnvelopes } from './batch.ts';
import { concat, u32, u64, zeros } from './bytes.ts';
import { LIMITS } from './limits.ts';

const of = (min: number, max: number) => fc.uint8Array({ minLength: min, maxLength: max });
const safe = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });

test('batches of entries come back', () => {
  const batch = fc.record({
    request: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    room: of(16, 16),
    from: safe,
    entries: fc.array(fc.record({ at: safe, bytes: of(0, 700) }), { maxLength: 20 }),
  });
  fc.assert(
    fc.property(batch, (value) => {
      expect(decodeEntries(encodeEntries(value))).toEqual(value);
    }),
    { seed: SEED },
  );
});

test('envelopes of one send come back in order', () => {
  fc.assert(
    fc.property(fc.array(of(0, 700), { minLength: 1, maxLength: LIMITS.envelopesPerSend }), (envelopes) => {
      expect(decodeEnvelopes(encodeEnvelopes(envelopes))).toEqual(envelopes);
    }),
    { seed: SEED },
  );
});

test('a batch cut short anywhere inside an entry is refused', async () => {
  const entry = { at: 1, bytes: zeros(10) };
  const whole = encodeEntries({ request: 1, room: zeros(16), from: 1, entries: [entry, entry] });
  const ends = new Set([28, 50, 72]);
  for (let length = 0; length <= whole.length; length++) {
    const expected = ends.has(length) ? 'accepted' : 'bad_frame';
    expect(await refusal(() => decodeEntries(whole.slice(0, length))), `${length}`).toBe(expected);
  }
});

test('lengths and integers past their limits are refused', async () => {
  const head = concat(u32(0), zeros(16));
  const past = new Uint8Array(8).fill(0xff);
  expect(await refusal(() => decodeEntries(concat(head, past)))).toBe('bad_frame');
  expect(await refusal(() => decodeEntries(concat(head, u64(1), past, u32(0))))).toBe('bad_frame');
  const long = concat(head, u64(1), u64(1), u32(LIMITS.envelopeBytes + 1), zeros(LIMITS.envelopeBytes + 1));
  expect(await refusal(() => decodeEntries(long))).toBe('bad_frame');
});

test('a send holds between one envelope and its limit', async () => {
  const many = (count: number) => encodeEnvelopes(Array.from({ length: count }, () => zeros(1)));
  expect(await refusal(() => decodeEnvelopes(many(0)))).toBe('bad_frame');
  expect(await refusal(() => decodeEnvelopes(many(LIMITS.envelopesPerSend)))).toBe('accepted');
  expect(await refusal(() => decodeEnvelopes(many(LIMITS.envelopesPerSend + 1)))).toBe('too_large');
  expect(await refusal(() => decodeEnvelopes(concat(u32(5), zeros(4))))).toBe('bad_frame');
  expect(await refusal(() => decodeEnvelopes(zeros(3)))).toBe('bad_frame');
});
