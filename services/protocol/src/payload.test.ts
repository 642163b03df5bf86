import fc from 'fast-check';
import { expect, test } from 'vitest';
import { refusal } from '../testing/refusal.ts';
import { SEED } from '../testing/seed.ts';
import { b64, utf8, zeros } from './bytes.ts';
import { HEADER_BYTES, padPayload, SIGNATURE_BYTES } from './envelope.ts';
import { LIMITS } from './limits.ts';
import { decodePayload, encodePayload, type Payload, textLeft } from './payload.ts';

const target = b64(zeros(16));

test('every kind comes back', () => {
  const payloads: Payload[] = [
    { kind: 'text', text: 'hello' },
    { kind: 'text', text: '', mentions: [target, target] },
    { kind: 'reply', target, text: 'yes' },
    { kind: 'edit', target, text: 'no', mentions: [] },
    { kind: 'delete', target },
    { kind: 'reaction', target, emoji: '👩‍👩‍👧‍👦', on: true },
    { kind: 'reaction', target, emoji: '+1', on: false },
    { kind: 'profile', name: 'Kitchen' },
    { kind: 'profile', name: 'Kitchen', topic: 'who cooks' },
  ];
  for (const payload of payloads) expect(decodePayload(encodePayload(payload))).toEqual(payload);
});

test('characters of all seventeen planes, right-to-left and unpaired surrogates come back', () => {
  for (let plane = 0; plane <= 16; plane++) {
    const text = [0x21, 0x5d0, 0xfffd, 0x1000]
      .map((at) => String.fromCodePoint(plane * 0x10000 + at))
      .join('');
    expect(decodePayload(encodePayload({ kind: 'text', text }))).toEqual({ kind: 'text', text });
  }
  for (const text of ['\u202Eabc\u202C', 'שלום עולם', '\ud800', 'a\u0000b', '\ufeff', 'e\u0301']) {
    expect(decodePayload(encodePayload({ kind: 'text', text }))).toEqual({ kind: 'text', text });
  }
});

test('any text within the limit comes back', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (text) => {
      expect(decodePayload(encodePayload({ kind: 'text', text }))).toEqual({ kind: 'text', text });
    }),
    { seed: SEED },
  );
});

test('limits count what they say: bytes of UTF-8, characters of names', async () => {
  const of = (text: string) => refusal(() => encodePayload({ kind: 'text', text }));
  expect(await of('a'.repeat(LIMITS.textBytes))).toBe('accepted');
  expect(await of('a'.repeat(LIMITS.textBytes + 1))).toBe('too_large');
  expect(await of('é'.repeat(LIMITS.textBytes / 2 + 1))).toBe('too_large');
  const name = (text: string) => refusal(() => encodePayload({ kind: 'profile', name: text }));
  expect(await name('😀'.repeat(LIMITS.roomNameChars))).toBe('accepted');
  expect(await name('😀'.repeat(LIMITS.roomNameChars + 1))).toBe('too_large');
  expect(await refusal(() => encodePayload({ kind: 'profile', name: '', topic: 'x'.repeat(1025) }))).toBe(
    'too_large',
  );
  const emoji = 'x'.repeat(65);
  expect(await refusal(() => encodePayload({ kind: 'reaction', target, emoji, on: true }))).toBe('too_large');
  const mentions = Array.from({ length: 1025 }, () => target);
  expect(await refusal(() => encodePayload({ kind: 'text', text: '', mentions }))).toBe('too_large');
});

test('what is no payload of this version is null', () => {
  const values: unknown[] = [
    null,
    [],
    'text',
    {},
    { v: 2, kind: 'text', text: 'x' },
    { v: 1, kind: 'poll', text: 'x' },
    { v: 1, kind: '__proto__' },
    { v: 1, kind: 'text' },
    { v: 1, kind: 'text', text: 5 },
    { v: 1, kind: 'text', text: 'x', html: '<b>' },
    { v: 1, kind: 'text', text: 'x', mentions: 'all' },
    { v: 1, kind: 'text', text: 'x', mentions: ['all'] },
    { v: 1, kind: 'text', text: 'x'.repeat(LIMITS.textBytes + 1) },
    { v: 1, kind: 'reply', text: 'x' },
    { v: 1, kind: 'delete', target: 'short' },
    { v: 1, kind: 'reaction', target, emoji: '', on: true },
    { v: 1, kind: 'reaction', target, emoji: 'x', on: 1 },
    { v: 1, kind: 'profile', name: 7 },
    { v: 1, kind: 'profile', name: 'x', topic: 7 },
  ];
  for (const value of values) {
    expect(decodePayload(utf8(JSON.stringify(value))), JSON.stringify(value).slice(0, 80)).toBeNull();
  }
  expect(decodePayload(utf8('{'))).toBeNull();
  expect(decodePayload(new Uint8Array([0xff]))).toBeNull();
});

test('a text whose JSON is longer than an envelope is refused, not one that just fits', () => {
  const quotes = (count: number) => encodePayload({ kind: 'text', text: '"'.repeat(count) });
  const around = utf8(JSON.stringify({ v: 1, kind: 'text', text: '' })).length;
  const most = (LIMITS.payloadBytes - around) / 2;
  expect(quotes(Math.floor(most)).length).toBeLessThanOrEqual(LIMITS.payloadBytes);
  expect(() => quotes(Math.floor(most) + 1)).toThrow(expect.objectContaining({ code: 'too_large' }));
  expect(textLeft('"'.repeat(40_000))).toBeLessThan(0);
  expect(textLeft('a'.repeat(LIMITS.textBytes))).toBe(0);
});

test('the largest payload fills the largest envelope', () => {
  const sealed = HEADER_BYTES + padPayload(new Uint8Array(LIMITS.payloadBytes)).length + 16 + SIGNATURE_BYTES;
  expect(sealed).toBeLessThanOrEqual(LIMITS.envelopeBytes);
  expect(sealed + 256).toBeGreaterThan(LIMITS.envelopeBytes);
});
