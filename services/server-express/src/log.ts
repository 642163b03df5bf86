/**
 * Structured logs to standard error. Nothing that is logged may hold a key, a token, ciphertext or a handle: call sites pass
 * codes, counts and connection ids; errors are logged by type, message and stack alone.
 */
import { type Logger, pino } from 'pino';
import type { LogLevel } from './config.ts';

export type Log = Logger;

const STDERR = 2;

export const createLog = (level: LogLevel): Log =>
  pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: {
        // An error may carry the value that caused it; only these three fields are known to be safe.
        err: (error: unknown) =>
          error instanceof Error
            ? { type: error.name, message: error.message, stack: error.stack }
            : typeof error,
      },
    },
    pino.destination({ fd: STDERR, sync: true }),
  );
