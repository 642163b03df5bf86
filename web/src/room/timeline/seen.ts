/** What the reader has had on the screen. */

/** This much of a message must show: its first line. */
const SHOWN_PX = 20;

/** The highest sequence among the messages that show within `scroller`; 0 where none does. */
export function highestSeen(scroller: HTMLElement): number {
  const view = scroller.getBoundingClientRect();
  let highest = 0;
  for (const element of scroller.querySelectorAll<HTMLElement>('[data-seq]')) {
    const box = element.getBoundingClientRect();
    const shown = Math.min(box.bottom, view.bottom) - Math.max(box.top, view.top);
    if (shown >= Math.min(SHOWN_PX, box.height)) highest = Math.max(highest, Number(element.dataset.seq));
  }
  return highest;
}

/** Calls `run` once within `waitMs` however often it is asked. */
export function coalesced(run: () => void, waitMs: number): { ask: () => void; cancel: () => void } {
  let timer: ReturnType<typeof setTimeout> | undefined;
  return {
    ask: () => {
      timer ??= setTimeout(() => {
        timer = undefined;
        run();
      }, waitMs);
    },
    cancel: () => {
      clearTimeout(timer);
      timer = undefined;
    },
  };
}
