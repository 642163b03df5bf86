/**
 * Frames per second of one socket. Decided synchronously, before a frame costs anything: with a promise per frame a
 * flood of 10,000 a second would fill the microtask queue that all other sockets share.
 */
export class TokenBucket {
  readonly #perMs: number;
  readonly #burst: number;
  #tokens: number;
  #at: number;

  /** `now`: ms, any origin. */
  constructor(perSecond: number, burst: number, now: number) {
    this.#perMs = perSecond / 1000;
    this.#burst = burst;
    this.#tokens = burst;
    this.#at = now;
  }

  /**
   * Takes a token. Answers 0 where there was one, else the ms until there is one again. Each refusal deepens the debt, so
   * that a flood that goes on shows as a growing wait; see `flooding`.
   */
  take(now: number): number {
    this.#tokens = Math.min(this.#burst, this.#tokens + (now - this.#at) * this.#perMs);
    this.#at = now;
    this.#tokens -= 1;
    return this.#tokens >= 0 ? 0 : Math.ceil(-this.#tokens / this.#perMs);
  }

  /** True once as many frames were refused as a burst allows: this peer does not listen. */
  get flooding(): boolean {
    return this.#tokens < -this.#burst;
  }
}
