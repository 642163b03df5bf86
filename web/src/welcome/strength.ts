/**
 * A rough measure of a passphrase. It is guessed offline by whoever copies the server's disk, so length counts, and
 * repetition does not. It only advises: the floor is the length.
 */
export const MIN_PASSPHRASE = 12;

export interface Strength {
  /** 0 to 4. */
  readonly level: number;
  readonly sentence: string;
}

const ENOUGH_BITS = [35, 50, 65, 80];
const SENTENCES = [
  'Far too easy to guess.',
  'Weak. Four or more random words are better.',
  'Fair. One or two more random words make it strong.',
  'Strong.',
  'Very strong.',
];

/** Bits if it were words or characters chosen at random, whichever is less; repeated ones count once. */
function bitsOf(passphrase: string): number {
  const kinds = [/[a-z]/, /[A-Z]/, /[0-9]/, /[^a-zA-Z0-9]/].filter((kind) => kind.test(passphrase)).length;
  const characters = new Set(passphrase).size * 0.6 + passphrase.length * 0.4;
  const byCharacter = characters * (2.6 + kinds * 0.7);
  const words = new Set(
    passphrase
      .toLowerCase()
      .split(/[\s._-]+/)
      .filter((word) => word.length > 2),
  ).size;
  return words >= 3 ? Math.min(byCharacter, words * 13) : byCharacter * 0.8;
}

export function strengthOf(passphrase: string): Strength {
  const bits = passphrase.length < MIN_PASSPHRASE ? 0 : bitsOf(passphrase);
  const level = ENOUGH_BITS.filter((enough) => bits >= enough).length;
  return { level, sentence: SENTENCES[level] as string };
}
