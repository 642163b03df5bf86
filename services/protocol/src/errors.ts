/** The one table of errors, shared by every server and client. Other languages load `errors.json`. */
import table from './errors.json' with { type: 'json' };

export type ErrorCode = keyof typeof table;

/** What a client does next: nothing, wait and send the same bytes, seal anew, or sign in with the device key. */
export type Retry = 'never' | 'later' | 'reseal' | 'reauthenticate';

export interface ErrorRow {
  readonly sentence: string;
  readonly retry: Retry;
  readonly disconnect: boolean;
}

export const ERRORS = table as Readonly<Record<ErrorCode, ErrorRow>>;

export const isErrorCode = (code: string): code is ErrorCode => Object.hasOwn(table, code);

/** An error as it travels. `detail` adds what the sentence cannot know; `retryAfterMs` goes with retry "later". */
export interface WireError {
  code: ErrorCode;
  sentence: string;
  detail?: string;
  retryAfterMs?: number;
  correlation?: string;
}

/** A refusal with a code of the table. Thrown inside an implementation, turned into a WireError at its edge. */
export class SottoError extends Error {
  readonly code: ErrorCode;
  readonly detail: string | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(code: ErrorCode, detail?: string, retryAfterMs?: number) {
    super(detail === undefined ? ERRORS[code].sentence : `${ERRORS[code].sentence} (${detail})`);
    this.name = 'SottoError';
    this.code = code;
    this.detail = detail;
    this.retryAfterMs = retryAfterMs;
  }

  get retry(): Retry {
    return ERRORS[this.code].retry;
  }

  toWire(): WireError {
    return {
      code: this.code,
      sentence: ERRORS[this.code].sentence,
      ...(this.detail === undefined ? {} : { detail: this.detail }),
      ...(this.retryAfterMs === undefined ? {} : { retryAfterMs: this.retryAfterMs }),
    };
  }

  static fromWire(error: { code: string; detail?: string; retryAfterMs?: number }): SottoError {
    return isErrorCode(error.code)
      ? new SottoError(error.code, error.detail, error.retryAfterMs)
      : new SottoError('internal', `unknown code ${error.code}`);
  }
}
