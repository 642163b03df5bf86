import { Writable } from 'node:stream';
import { SottoError } from '@sotto/protocol';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { wireErrorOf } from './failure.ts';

function logInto(lines: string[]) {
  return pino(
    new Writable({
      write(chunk, _encoding, done) {
        lines.push(String(chunk));
        done();
      },
    }),
  );
}

test('a refusal of the table travels as it is and is not logged', () => {
  const lines: string[] = [];
  const error = wireErrorOf(new SottoError('rate_limited', 'sends', 70), logInto(lines), 'here');
  expect(error).toMatchObject({ code: 'rate_limited', detail: 'sends', retryAfterMs: 70 });
  expect(lines).toEqual([]);
});

test('anything else becomes internal; the correlation id that travels finds the log line', () => {
  const lines: string[] = [];
  const error = wireErrorOf(new RangeError('secret inside'), logInto(lines), 'here');
  expect(error.code).toBe('internal');
  expect(JSON.stringify(error)).not.toContain('secret');
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain(error.correlation);
});

test('what ails the store is told to the operator, not to the peer', () => {
  const lines: string[] = [];
  const error = wireErrorOf(new SottoError('unavailable', 'disk is full'), logInto(lines), 'admission');
  expect(error.detail).toBeUndefined();
  expect(error.retryAfterMs).toBeGreaterThan(0);
  expect(lines[0]).toContain('disk is full');
});
