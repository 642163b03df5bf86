/** The whole of a room as a person could see it by scrolling: what is on the screen is all that is compared. */
import type { Page } from 'playwright-core';

export interface Shown {
  readonly id: string;
  readonly seq: number;
  readonly kind: string;
  readonly send: string;
  readonly text: string;
  readonly reactions: readonly string[];
}

/**
 * Scrolls the timeline from its beginning to its end and returns every message on the way, in the order of the log.
 * Messages that have no sequence yet are not among them.
 */
export async function readTimeline(page: Page): Promise<Shown[]> {
  const all = await page.evaluate(async () => {
    const MESSAGE = '[data-testid="message"]';
    const settle = () =>
      new Promise<void>((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve())));
    const scroller = (): Element => {
      for (let at: Element | null = document.querySelector(MESSAGE); at !== null; at = at.parentElement) {
        const { overflowY } = getComputedStyle(at);
        if ((overflowY === 'auto' || overflowY === 'scroll') && at.scrollHeight >= at.clientHeight) return at;
      }
      throw new Error('no message is shown in anything that scrolls');
    };
    const seen = new Map<string, object>();
    const take = (): void => {
      for (const element of document.querySelectorAll<HTMLElement>(MESSAGE)) {
        const { id, seq, kind, send } = element.dataset;
        if (id === undefined || seq === undefined || seq === '') continue;
        const text = element.querySelector<HTMLElement>('[data-testid="message-text"]')?.innerText ?? '';
        const reactions = [...element.querySelectorAll<HTMLElement>('[data-testid="reaction"]')].map((r) =>
          (r.textContent ?? '').replaceAll(/\s+/g, ' ').trim(),
        );
        seen.set(id, { id, seq: Number(seq), kind: kind ?? '', send: send ?? '', text, reactions });
      }
    };
    const box = scroller();
    // Rows above are measured only once they are rendered, so the top moves until it has been reached.
    for (let last = -1; box.scrollTop !== last || box.scrollTop > 0; ) {
      last = box.scrollTop;
      box.scrollTop = 0;
      await settle();
      if (last === 0 && box.scrollTop === 0) break;
    }
    for (;;) {
      take();
      const before = box.scrollTop;
      box.scrollTop = before + Math.max(100, box.clientHeight * 0.6);
      await settle();
      take();
      if (box.scrollTop <= before) break;
    }
    return [...seen.values()];
  });
  return (all as Shown[]).sort((a, b) => a.seq - b.seq);
}

/** Text as people compare it: how lines wrap or which blanks a browser shows is not the message. */
export const squeezed = (text: string): string => text.normalize('NFC').replaceAll(/\s+/g, ' ').trim();
