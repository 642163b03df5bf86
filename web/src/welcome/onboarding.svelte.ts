/** From nobody to a signed-in person: the account exists from the first step on, so the phrase must not be lost on the way. */
import type { SignUpProgress } from '@sotto/client';
import { proxy } from 'comlink';
import { codeOf, sentenceOf } from '../session/sentence.ts';
import type { Session } from '../session/session.svelte.ts';

/** Set from when the words are shown until they were confirmed: after a reload they cannot be shown again. */
const UNCONFIRMED = 'sotto.phrase-unconfirmed';

export type Step = 'form' | 'working' | 'phrase' | 'confirm' | 'done';
type Work = 'sign-up' | 'restore';

/** Of wrong words the table of errors speaks as of any wrong request. */
function whyNotRestored(error: unknown): string {
  switch (codeOf(error)) {
    case 'bad_request':
      return 'These are not 24 words of a recovery phrase. Check their spelling and order.';
    case 'auth_failed':
      return 'These words do not open the backup of this handle. Check both.';
    default:
      return sentenceOf(error);
  }
}

export class Onboarding {
  readonly #session: Session;
  #step = $state<Step>('form');
  #work = $state<Work>('sign-up');
  #progress = $state.raw<SignUpProgress>({ step: 'account-key', done: 0 });
  #words = $state.raw<string[]>([]);
  #error = $state<string | null>(null);
  #unconfirmed = $state(localStorage.getItem(UNCONFIRMED) !== null);

  constructor(session: Session) {
    this.#session = session;
  }

  get step(): Step {
    return this.#step;
  }

  get work(): Work {
    return this.#work;
  }

  get progress(): SignUpProgress {
    return this.#progress;
  }

  get words(): string[] {
    return this.#words;
  }

  get error(): string | null {
    return this.#error;
  }

  /** The person is in the middle of it, though the account may already exist. */
  get active(): boolean {
    return this.#step !== 'form' && this.#step !== 'done';
  }

  /** The words were shown in an earlier visit and never confirmed. */
  get unconfirmed(): boolean {
    return this.#unconfirmed && !this.active;
  }

  async signUp(handle: string, passphrase: string | null): Promise<void> {
    await this.#do('sign-up', async (progress) => {
      const { phrase } = await this.#session.api.signUp(handle, passphrase, progress);
      if (phrase === null) {
        this.#step = 'done';
        return;
      }
      localStorage.setItem(UNCONFIRMED, handle);
      this.#words = phrase.trim().split(/\s+/);
      this.#step = 'phrase';
    });
  }

  async restore(handle: string, words: string): Promise<void> {
    await this.#do('restore', async (progress) => {
      await this.#session.api.restore(handle, words, progress);
      this.#step = 'done';
    });
  }

  askToConfirm(): void {
    this.#step = 'confirm';
  }

  showAgain(): void {
    this.#step = 'phrase';
  }

  confirmed(): void {
    this.#words = [];
    this.#step = 'done';
    this.dismissHint();
  }

  dismissHint(): void {
    localStorage.removeItem(UNCONFIRMED);
    this.#unconfirmed = false;
  }

  forgetError(): void {
    this.#error = null;
  }

  async #do(work: Work, run: (progress: (p: SignUpProgress) => void) => Promise<void>): Promise<void> {
    this.#work = work;
    this.#error = null;
    this.#progress = { step: 'account-key', done: 0 };
    this.#step = 'working';
    try {
      await run(
        proxy((progress: SignUpProgress) => {
          this.#progress = progress;
        }),
      );
      // What is kept here exists nowhere else: ask the browser not to clear it when space is short.
      void navigator.storage?.persist?.();
    } catch (error) {
      this.#error = work === 'restore' ? whyNotRestored(error) : sentenceOf(error);
      this.#step = 'form';
    }
  }
}
