/** What a failure means for the next try. */
import { SottoError } from '@sotto/protocol';

/** True where the same thing may succeed later: no connection, no answer, a server that cannot store now. */
export const isRetryable = (error: unknown): boolean =>
  error instanceof SottoError && (error.retry === 'later' || error.retry === 'reauthenticate');
