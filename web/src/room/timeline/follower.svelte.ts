/** Keeps a scroller at its end while the reader is there, whatever grows; and leaves it alone when not. */
import { follows, type Place } from './follow.ts';

/** virtua corrects its way to a row until this long after the last one was measured. */
const SETTLE_MS = 400;

export class Follower {
  #goneUntil = 0;
  #following = $state(true);
  #scroller: HTMLElement | undefined;
  #before: Place = { top: 0, height: 0, full: 0 };
  /** Set while nothing may move: a menu is open, or nobody is looking. */
  held = false;

  get following(): boolean {
    return this.#following;
  }

  /** `content` grows within `scroller`. Returns a way to stop. */
  attach(scroller: HTMLElement, content: HTMLElement, onmove: () => void): () => void {
    this.#scroller = scroller;
    this.#before = placeOf(scroller);
    const moved = (): void => {
      this.look();
      onmove();
    };
    const resized = new ResizeObserver(() => {
      this.#before = placeOf(scroller);
      this.pin();
      onmove();
    });
    resized.observe(scroller);
    resized.observe(content);
    scroller.addEventListener('scroll', moved, { passive: true });
    return () => {
      resized.disconnect();
      scroller.removeEventListener('scroll', moved);
      this.#scroller = undefined;
    };
  }

  /** Finds out anew whether the reader is at the end. */
  look(): void {
    if (this.#scroller === undefined) return;
    const now = placeOf(this.#scroller);
    if (Date.now() >= this.#goneUntil) this.#following = follows(this.#following, this.#before, now);
    this.#before = now;
  }

  pin(): void {
    if (!this.#following || this.held || this.#scroller === undefined) return;
    this.#scroller.scrollTop = this.#scroller.scrollHeight;
    this.#before = placeOf(this.#scroller);
  }

  toEnd(): void {
    this.#following = true;
    this.#goneUntil = 0;
    this.pin();
  }

  /** The reader is led to a place. Until the rows around it are measured, the end may be near and move away again. */
  letGo(): void {
    this.#following = false;
    this.#goneUntil = Date.now() + SETTLE_MS;
    setTimeout(() => this.look(), SETTLE_MS);
  }
}

const placeOf = (element: HTMLElement): Place => ({
  top: element.scrollTop,
  height: element.clientHeight,
  full: element.scrollHeight,
});
