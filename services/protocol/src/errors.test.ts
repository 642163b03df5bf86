import { expect, test } from 'vitest';
import { ERRORS, isErrorCode, SottoError } from './errors.ts';

test('every row has a code, a sentence and what to do next', () => {
  for (const [code, row] of Object.entries(ERRORS)) {
    expect(code).toMatch(/^[a-z_]{3,32}$/);
    expect(row.sentence).toMatch(/^[A-Z].*\.$/);
    expect(['never', 'later', 'reseal', 'reauthenticate']).toContain(row.retry);
    expect(typeof row.disconnect).toBe('boolean');
  }
  expect(isErrorCode('too_large')).toBe(true);
  expect(isErrorCode('constructor')).toBe(false);
});

test('an error survives the wire; an unknown code becomes internal', () => {
  const error = new SottoError('rate_limited', 'sends', 500);
  const again = SottoError.fromWire(error.toWire());
  expect(again).toMatchObject({ code: 'rate_limited', detail: 'sends', retryAfterMs: 500, retry: 'later' });
  expect(again.message).toBe('Too many requests; please slow down. (sends)');
  expect(SottoError.fromWire({ code: 'from_the_future' }).code).toBe('internal');
  expect(new SottoError('internal').toWire()).toEqual({
    code: 'internal',
    sentence: ERRORS.internal.sentence,
  });
});
