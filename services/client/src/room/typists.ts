/** Who is typing in a room now. A notice may be lost, so each is forgotten by itself after a while. */

const FORGOTTEN_MS = 6000;

export class Typists {
  readonly #changed: () => void;
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();

  constructor(changed: () => void) {
    this.#changed = changed;
  }

  list(): string[] {
    return [...this.#timers.keys()];
  }

  set(account: string, typing: boolean): void {
    const timer = this.#timers.get(account);
    clearTimeout(timer);
    if (typing)
      this.#timers.set(
        account,
        setTimeout(() => this.set(account, false), FORGOTTEN_MS),
      );
    else this.#timers.delete(account);
    if (typing !== (timer !== undefined)) this.#changed();
  }

  close(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }
}
