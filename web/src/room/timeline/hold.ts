/** A long press on a touch screen. */
const HOLD_MS = 450;
const SLIP_PX = 10;
/** The click that follows a lifted finger comes within this, if at all: Android sends none after a long press. */
const CLICK_MS = 120;

/**
 * An attachment that calls `held` once the finger was lifted after a long press. Not before, and not before the click that
 * follows: either would close whatever popover has opened meanwhile.
 */
export function hold(held: () => void): (element: HTMLElement) => () => void {
  return (element) => {
    let pressing: ReturnType<typeof setTimeout> | undefined;
    let clicking: ReturnType<typeof setTimeout> | undefined;
    let long = false;
    let from = { x: 0, y: 0 };
    const stop = (): void => {
      clearTimeout(pressing);
      long = false;
    };
    const listeners: Record<string, (event: PointerEvent) => void> = {
      pointerdown(event) {
        stop();
        if (event.pointerType !== 'touch') return;
        from = { x: event.clientX, y: event.clientY };
        pressing = setTimeout(() => {
          long = true;
          navigator.vibrate?.(8);
        }, HOLD_MS);
      },
      pointermove(event) {
        if (!long && Math.hypot(event.clientX - from.x, event.clientY - from.y) > SLIP_PX) stop();
      },
      pointerup() {
        if (long) clicking = setTimeout(open, CLICK_MS);
        stop();
      },
      pointercancel: stop,
      // A long press on a link opens the menu, not the link.
      click(event) {
        if (clicking === undefined) return;
        event.preventDefault();
        event.stopPropagation();
        setTimeout(open);
      },
      // The browser's own menu of a long press would lie over ours.
      contextmenu(event) {
        if (event.pointerType === 'touch') event.preventDefault();
      },
    };
    const open = (): void => {
      if (clicking === undefined) return;
      clearTimeout(clicking);
      clicking = undefined;
      held();
    };
    const all = Object.entries(listeners) as [string, EventListener][];
    for (const [name, listener] of all) element.addEventListener(name, listener, { capture: true });
    return () => {
      stop();
      clearTimeout(clicking);
      for (const [name, listener] of all) element.removeEventListener(name, listener, { capture: true });
    };
  };
}
