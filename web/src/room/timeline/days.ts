/** Days as people name them, in the reader's own time zone and language. */

export function startOfDay(at: number): number {
  return new Date(at).setHours(0, 0, 0, 0);
}

/** "Today", "Yesterday", the date with its weekday within about half a year, else the date with its year. */
export function dayLabel(at: number, now: number, locale?: string): string {
  const day = startOfDay(at);
  if (day === startOfDay(now)) return 'Today';
  // Days have 23 to 25 hours where clocks change, so yesterday is counted from noon.
  if (day === startOfDay(startOfDay(now) - 12 * HOUR_MS)) return 'Yesterday';
  const near = Math.abs(now - at) < 180 * 24 * HOUR_MS;
  return new Intl.DateTimeFormat(locale, {
    day: 'numeric',
    month: 'long',
    ...(near ? { weekday: 'long' } : { year: 'numeric' }),
  }).format(day);
}

export const timeLabel = (at: number, locale?: string): string =>
  formatter('time', locale, { hour: '2-digit', minute: '2-digit' }).format(at);

export const momentLabel = (at: number, locale?: string): string =>
  formatter('moment', locale, { dateStyle: 'full', timeStyle: 'medium' }).format(at);

export const HOUR_MS = 3_600_000;

/** Making a formatter takes about as long as formatting a hundred times. */
const formatters = new Map<string, Intl.DateTimeFormat>();

function formatter(
  name: string,
  locale: string | undefined,
  options: Intl.DateTimeFormatOptions,
): Intl.DateTimeFormat {
  const key = `${name} ${locale ?? ''}`;
  let made = formatters.get(key);
  if (made === undefined) {
    made = new Intl.DateTimeFormat(locale, options);
    formatters.set(key, made);
  }
  return made;
}
