/** Slow limits, counted over an hour in this replica's memory: sign-ups by address, tries at a backup by handle. */
import { createHash } from 'node:crypto';
import { SottoError } from '@sotto/protocol';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import type { ReplicaConfig } from './config.ts';

const HOUR_S = 3600;

export class HourlyLimit {
  readonly #limiter: RateLimiterMemory;

  constructor(points: number) {
    this.#limiter = new RateLimiterMemory({ points, duration: HOUR_S });
  }

  /** Counts one. Throws `rate_limited` with the time until there is another. */
  async take(key: string): Promise<void> {
    try {
      await this.#limiter.consume(digest(key));
    } catch (refused) {
      if (refused instanceof RateLimiterRes)
        throw new SottoError('rate_limited', undefined, refused.msBeforeNext);
      throw refused;
    }
  }

  /** Takes one back: the try was a success. */
  async giveBack(key: string): Promise<void> {
    await this.#limiter.reward(digest(key));
  }
}

/** Keys are kept as hashes: the limiter's memory holds no handle or address. */
const digest = (key: string): string => createHash('sha256').update(key).digest('base64');

export interface Limiters {
  readonly signups: HourlyLimit;
  readonly restores: HourlyLimit;
}

export const createLimiters = (config: ReplicaConfig): Limiters => ({
  signups: new HourlyLimit(config.signupsPerHour),
  restores: new HourlyLimit(config.restoreTriesPerHour),
});
