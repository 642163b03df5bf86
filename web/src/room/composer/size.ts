/** How long a text may be: counted in bytes, as its envelope does. */
import { LIMITS, textLeft } from '@sotto/protocol';

/** From here on the reader is told how much is left. */
const NEAR = 0.9;

export interface Size {
  readonly near: boolean;
  readonly over: boolean;
  /** Negative where it is too long; exact only near the limit. */
  readonly left: number;
}

export function sizeOf(text: string): Size {
  // No UTF-16 unit takes more than six bytes, so most texts need not be encoded at each key.
  const left = text.length * 6 < LIMITS.textBytes * NEAR ? LIMITS.textBytes - text.length : textLeft(text);
  return { near: left <= LIMITS.textBytes * (1 - NEAR), over: left < 0, left };
}

export function sizeSentence(size: Size, locale?: string): string {
  const number = (n: number) => new Intl.NumberFormat(locale).format(n);
  return size.over
    ? `Too long by ${number(-size.left)} bytes: a message has at most ${number(LIMITS.textBytes)}, fewer where it has many quotes or line breaks.`
    : `${number(size.left)} bytes left`;
}
