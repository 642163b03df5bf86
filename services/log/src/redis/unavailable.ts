/** The refusal whose outcome is unknown: what was asked may have been done. Callers ask the same again. */
import { SottoError } from '@sotto/protocol';

const RETRY_AFTER_MS = 1000;

export const unavailable = (detail: string): SottoError =>
  new SottoError('unavailable', detail, RETRY_AFTER_MS);

/** Of a command that failed: Redis's own words, but no addresses, which an error of the socket would name. */
export const unavailableFrom = (error: Error): SottoError =>
  error instanceof SottoError
    ? error
    : unavailable(error.name === 'ReplyError' ? error.message : 'the store did not answer');
