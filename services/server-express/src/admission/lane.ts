/**
 * The envelopes of one session for one room, in order. Messages are prepared side by side and their appends are called in order
 * without waiting for one another, so that they share one fsync; what depends on the room's state waits for all before it.
 */
export class Lane {
  #called: Promise<unknown> = Promise.resolve();
  #settled: Promise<unknown> = Promise.resolve();
  #inFlight = 0;

  get inFlight(): number {
    return this.#inFlight;
  }

  /** `alone`: prepared only after everything before it has been answered. */
  run<P, R>(alone: boolean, prepare: () => Promise<P>, call: (prepared: P) => Promise<R>): Promise<R> {
    this.#inFlight++;
    const before = alone ? this.#settled : this.#called;
    const prepared = alone ? before.then(prepare) : prepare();
    // It is awaited only when its turn comes; a refusal before that is not an unhandled one.
    prepared.catch(() => undefined);
    let markCalled = (): void => undefined;
    this.#called = new Promise<void>((resolve) => {
      markCalled = resolve;
    });
    const result = this.#inTurn(before, prepared, call, markCalled);
    this.#settled = Promise.allSettled([this.#settled, result]);
    return result;
  }

  async #inTurn<P, R>(
    before: Promise<unknown>,
    prepared: Promise<P>,
    call: (prepared: P) => Promise<R>,
    markCalled: () => void,
  ): Promise<R> {
    try {
      await before;
      const ready = await prepared;
      const answer = call(ready);
      markCalled();
      return await answer;
    } finally {
      this.#inFlight--;
      markCalled();
    }
  }
}
