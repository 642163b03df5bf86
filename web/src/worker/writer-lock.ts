/**
 * One device is one writer, across tabs (design section 6): two clients on one outbox would use a sender sequence twice.
 * A Web Lock says who it is. Before it is stolen the other tab is asked to let go, so that its client is closed first.
 */
const LOCK = 'sotto-writer';
/** After a reload the old page's worker may still be ending: no answer within this means that nobody is there. */
const VACANT_MS = 3000;
/** A frozen tab does not answer; it loses the lock without being asked. */
const YIELD_MS = 2000;

type Call = 'anybody' | 'here' | 'let-go';

export class WriterLock {
  readonly #lost: () => Promise<void>;
  readonly #channel = new BroadcastChannel(LOCK);
  #release: (() => void) | null = null;
  #answered: (() => void) | null = null;

  /** `lost` is called when another tab takes over; what it resolves with, the lock is given away. */
  constructor(lost: () => Promise<void>) {
    this.#lost = lost;
    this.#channel.onmessage = ({ data }: MessageEvent<Call>) => this.#hear(data);
  }

  /** False where another tab has it. */
  async claim(): Promise<boolean> {
    const waiting = new AbortController();
    this.#answered = () => waiting.abort();
    const timer = setTimeout(() => waiting.abort(), VACANT_MS);
    this.#say('anybody');
    const held = await this.#hold({ signal: waiting.signal });
    clearTimeout(timer);
    this.#answered = null;
    return held;
  }

  async takeOver(): Promise<void> {
    this.#say('let-go');
    if (!(await this.#hold({ signal: AbortSignal.timeout(YIELD_MS) }))) await this.#hold({ steal: true });
  }

  #say(call: Call): void {
    this.#channel.postMessage(call);
  }

  #hear(call: Call): void {
    if (call === 'here') this.#answered?.();
    if (this.#release === null) return;
    if (call === 'anybody') this.#say('here');
    if (call === 'let-go') void this.#letGo();
  }

  async #letGo(): Promise<void> {
    const release = this.#release;
    this.#release = null;
    await this.#lost();
    release?.();
  }

  /** Resolves when the lock is ours, or cannot be; it stays ours until released or stolen. */
  #hold(options: LockOptions): Promise<boolean> {
    return new Promise((resolve) => {
      let state: 'asked' | 'held' | 'given-up' = 'asked';
      const giveUp = (): void => {
        if (state === 'asked') state = 'given-up';
        resolve(false);
      };
      // Chromium forgets an abort that meets the request on its way: then it is granted some day, and let go at once.
      options.signal?.addEventListener('abort', giveUp);
      navigator.locks
        .request(LOCK, options, () => {
          if (state === 'given-up') return;
          state = 'held';
          resolve(true);
          return new Promise<void>((release) => {
            this.#release = release;
          });
        })
        .catch(() => {
          if (state !== 'held') giveUp();
          else if (this.#release !== null) void this.#letGo();
        });
    });
  }
}
