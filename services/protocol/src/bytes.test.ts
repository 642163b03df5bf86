import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SEED } from '../testing/seed.ts';
import {
  b64,
  concat,
  equal,
  fromB64,
  fromHex,
  hex,
  isZero,
  label,
  u32,
  u64,
  utf8,
  utf8Decode,
} from './bytes.ts';

const bytesOf = fc.uint8Array({ maxLength: 300 });

test('base64url and hexadecimal bring back what was put in', () => {
  fc.assert(
    fc.property(bytesOf, (bytes) => {
      expect(fromB64(b64(bytes))).toEqual(bytes);
      expect(b64(bytes)).toBe(Buffer.from(bytes).toString('base64url'));
      expect(fromHex(hex(bytes))).toEqual(bytes);
    }),
    { seed: SEED },
  );
});

test('a long byte string survives base64url', () => {
  const bytes = new Uint8Array(200_000).map((_, i) => (i * 31) % 251);
  expect(fromB64(b64(bytes))).toEqual(bytes);
});

test('one value has one text', () => {
  for (const text of ['A', 'AB==', 'AB', 'AAB', 'A A', 'AA+/', 'AA\n', 'ÀA', '=']) {
    expect(() => fromB64(text), JSON.stringify(text)).toThrow(TypeError);
  }
  for (const notText of [undefined, null, 5, ['AAAA'], {}]) {
    expect(() => fromB64(notText as unknown as string)).toThrow(TypeError);
  }
  for (const text of ['0', 'AB', 'gg', '0x']) expect(() => fromHex(text), text).toThrow(TypeError);
});

test('two different texts never give the same bytes', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[A-Za-z0-9_-]{0,12}$/), (text) => {
      let bytes: Uint8Array;
      try {
        bytes = fromB64(text);
      } catch {
        return;
      }
      expect(b64(bytes)).toBe(text);
    }),
    { seed: SEED, numRuns: 1000 },
  );
});

test('UTF-8 is strict and keeps a byte order mark in the text', () => {
  expect(() => utf8Decode(new Uint8Array([0xff]))).toThrow(TypeError);
  expect(() => utf8Decode(new Uint8Array([0xed, 0xa0, 0x80]))).toThrow(TypeError);
  expect(utf8Decode(utf8('\ufeffx'))).toBe('\ufeffx');
  expect(() => JSON.parse(utf8Decode(utf8('\ufeff{}')))).toThrow(SyntaxError);
});

test('integers are big-endian', () => {
  expect(hex(u32(0xdeadbeef))).toBe('deadbeef');
  expect(hex(u64(Number.MAX_SAFE_INTEGER))).toBe('001fffffffffffff');
});

test('the small helpers', () => {
  expect(hex(concat(new Uint8Array([1]), new Uint8Array(0), new Uint8Array([2, 3])))).toBe('010203');
  expect(equal(utf8('same'), utf8('same'))).toBe(true);
  expect(equal(utf8('same'), utf8('sams'))).toBe(false);
  expect(equal(utf8('same'), utf8('sam'))).toBe(false);
  expect(isZero(new Uint8Array(3))).toBe(true);
  expect(isZero(new Uint8Array([0, 1]))).toBe(false);
  expect(hex(label('a'))).toBe('6100');
});
