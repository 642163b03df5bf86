/** Times for people, in their own locale. */
const DAY_MS = 86_400_000;

const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const weekday = new Intl.DateTimeFormat(undefined, { weekday: 'short' });
const day = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });

const midnight = (at: number): number => new Date(at).setHours(0, 0, 0, 0);

/** As short as a list needs it: the clock today, the weekday this week, else the day. */
export function shortTime(at: number, now = Date.now()): string {
  const days = Math.round((midnight(now) - midnight(at)) / DAY_MS);
  if (days <= 0) return clock.format(at);
  return days < 7 ? weekday.format(at) : day.format(at);
}

export const fullTime = (at: number): string => full.format(at);
