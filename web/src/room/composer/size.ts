/** How long a text may be: counted in bytes of UTF-8, as the log does. */
import { LIMITS } from '@sotto/protocol';

/** From here on the reader is told how much is left. */
const NEAR = 0.9;

export interface Size {
  readonly near: boolean;
  readonly over: boolean;
  /** Negative where it is too long; exact only near the limit. */
  readonly left: number;
}

export function sizeOf(text: string): Size {
  // No character takes more than three bytes a UTF-16 unit, so most texts need not be encoded at each key.
  const most = text.length * 3;
  const bytes = most < LIMITS.textBytes * NEAR ? text.length : new TextEncoder().encode(text).length;
  const left = LIMITS.textBytes - bytes;
  return { near: bytes >= LIMITS.textBytes * NEAR, over: left < 0, left };
}

export function sizeSentence(size: Size, locale?: string): string {
  const number = (n: number) => new Intl.NumberFormat(locale).format(n);
  return size.over
    ? `Too long by ${number(-size.left)} bytes: a message has at most ${number(LIMITS.textBytes)}.`
    : `${number(size.left)} bytes left`;
}
