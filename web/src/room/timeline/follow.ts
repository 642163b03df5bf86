/** Whether the timeline follows its newest message, from how its scroller stands before and after. */

export interface Place {
  /** scrollTop, clientHeight and scrollHeight. */
  readonly top: number;
  readonly height: number;
  readonly full: number;
}

/** About two lines: whoever is this near the end is there. */
const NEAR_PX = 48;

const belowPlace = (place: Place): number => place.full - place.height - place.top;

/**
 * Only the reader's own way up ends it, and that alone leaves the content as tall as it was. Whatever else moves the place
 * (content that grows, rows that turn out other than estimated, a window that changes) changes a height as well.
 */
export function follows(followed: boolean, before: Place, now: Place): boolean {
  if (belowPlace(now) <= NEAR_PX) return true;
  const wentUp = now.top < before.top - 1 && now.full === before.full && now.height === before.height;
  return followed && !wentUp;
}
