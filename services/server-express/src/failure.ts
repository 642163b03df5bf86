/** From whatever was thrown to an error of the table (design section 9): anything unknown becomes `internal`. */
import { randomUUID } from 'node:crypto';
import { SottoError, type WireError } from '@sotto/protocol';
import type { Log } from './log.ts';

const RETRY_AFTER_MS = 1000;

/** The error as it travels. What is not of the table is logged under a correlation id, and only that id travels. */
export function wireErrorOf(thrown: unknown, log: Log, where: string): WireError {
  if (thrown instanceof SottoError) {
    const error = thrown.toWire();
    if (error.code !== 'unavailable') return error;
    // The peer is told that it will be tried again; why it failed (a full disk, a lost store) is the operator's business. Without
    // a reason it was not tried: the health of the store has told the operator already, once.
    if (error.detail !== undefined) log.error({ why: error.detail, where }, 'the store refused');
    const { detail: _, ...told } = error;
    return { ...told, retryAfterMs: error.retryAfterMs ?? RETRY_AFTER_MS };
  }
  const correlation = randomUUID();
  log.error({ err: thrown, correlation, where }, 'unexpected failure');
  return { ...new SottoError('internal').toWire(), correlation, retryAfterMs: RETRY_AFTER_MS };
}
