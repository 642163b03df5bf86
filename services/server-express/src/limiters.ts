/**
 * Slow limits, counted over an hour: sign-ups by address, tries at a backup by handle. All replicas count together in Redis;
 * one that is alone counts in its memory.
 */
import { createHmac } from 'node:crypto';
import { type Bytes, SottoError } from '@sotto/protocol';
import type { Redis } from 'ioredis';
import {
  type RateLimiterAbstract,
  RateLimiterMemory,
  RateLimiterRedis,
  RateLimiterRes,
} from 'rate-limiter-flexible';
import type { ReplicaConfig } from './config.ts';

const HOUR_S = 3600;

export class HourlyLimit {
  readonly #limiter: RateLimiterAbstract;
  readonly #key: Bytes;

  constructor(limiter: RateLimiterAbstract, key: Bytes) {
    this.#limiter = limiter;
    this.#key = key;
  }

  /** Counts one. Throws `rate_limited` with the time until there is another, `unavailable` where it cannot be counted. */
  async take(what: string): Promise<void> {
    try {
      await this.#limiter.consume(this.#named(what));
    } catch (refused) {
      if (refused instanceof RateLimiterRes)
        throw new SottoError('rate_limited', undefined, refused.msBeforeNext);
      throw new SottoError('unavailable', (refused as Error).message);
    }
  }

  /** Takes one back: the try was a success. */
  async giveBack(what: string): Promise<void> {
    // Not worth failing the success for.
    await this.#limiter.reward(this.#named(what)).catch(() => undefined);
  }

  /** Keyed, since a bare hash of an address or a handle is soon guessed: neither memory nor Redis holds one. */
  #named(what: string): string {
    return createHmac('sha256', this.#key).update(what).digest('base64url');
  }
}

export interface Limiters {
  readonly signups: HourlyLimit;
  readonly restores: HourlyLimit;
}

/** `redis` null: in this replica's memory. */
export function createLimiters(
  config: Pick<ReplicaConfig, 'signupsPerHour' | 'restoreTriesPerHour'>,
  key: Bytes,
  redis: Redis | null,
): Limiters {
  const limit = (name: string, points: number): HourlyLimit => {
    const options = { points, duration: HOUR_S, keyPrefix: `sotto:limit:${name}` };
    const limiter =
      redis === null
        ? new RateLimiterMemory(options)
        : new RateLimiterRedis({ ...options, storeClient: redis, rejectIfRedisNotReady: true });
    return new HourlyLimit(limiter, key);
  };
  return {
    signups: limit('signups', config.signupsPerHour),
    restores: limit('restores', config.restoreTriesPerHour),
  };
}
