/** The one message that the Tab key reaches, and the arrow keys' way from it to others. */
import type { Row } from './rows.ts';

/** Frames that a row takes at most until it is measured: it is hidden until then, and takes no focus. */
const MAX_FRAMES = 20;

export class Walk {
  readonly #rows: () => readonly Row[];
  readonly #show: (at: number) => void;
  readonly #elementOf: (id: string) => HTMLElement | null;
  #id = $state<string | null>(null);
  /** Its place; the newest until one was chosen. */
  readonly current = $derived.by(() => {
    const rows = this.#rows();
    const at = this.#id === null ? -1 : rows.findLastIndex((row) => row.item.id === this.#id);
    return at < 0 ? rows.length - 1 : at;
  });

  /** `show` brings a row into sight. */
  constructor(
    rows: () => readonly Row[],
    show: (at: number) => void,
    elementOf: (id: string) => HTMLElement | null,
  ) {
    this.#rows = rows;
    this.#show = show;
    this.#elementOf = elementOf;
  }

  focused(id: string): void {
    this.#id = id;
  }

  key(event: KeyboardEvent): void {
    if (!(event.target instanceof HTMLElement) || event.target.dataset.testid !== 'message') return;
    const last = this.#rows().length - 1;
    const to = { ArrowUp: this.current - 1, ArrowDown: this.current + 1, Home: 0, End: last }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    void this.#go(Math.min(last, Math.max(0, to)));
  }

  async #go(at: number): Promise<void> {
    const id = this.#rows()[at]?.item.id;
    if (id === undefined) return;
    this.#id = id;
    this.#show(at);
    for (let frames = 0; frames < MAX_FRAMES; frames++) {
      const element = this.#elementOf(id);
      element?.focus({ preventScroll: true });
      if (element !== null && document.activeElement === element) return;
      await new Promise(requestAnimationFrame);
    }
  }
}
