/** What two people may write to one another: every Unicode plane, both writing directions, and 40 KB of code. */

/** One or more assigned characters of each plane that has them; elsewhere the plane's first scalar values. */
const PLANES: readonly string[] = [
  'Ærøskøbing Ελλάδα Україна 日本語 한국어 ไทย हिन्दी ქართული አማርኛ ᏣᎳᎩ',
  '😀 𝔊𝔬𝔱𝔥𝔦𝔠 𐌰𐌱𐌲 𒀀𒀁 𓀀𓀁 𝄞 🀄 🧑🏿‍🚀 🏳️‍🌈 👨‍👩‍👧‍👦',
  '𠀀𠮷𡃁𢌞𣑥𤭢',
  '𰀀𰻝𱍊',
  ...Array.from({ length: 10 }, (_, i) =>
    String.fromCodePoint((i + 4) * 0x10000, (i + 4) * 0x10000 + 0xfffd),
  ),
  `葛\u{e0100} 辻\u{e0101} 🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}`,
  '\u{f0000}\u{f1234}\u{ffffd}',
  '\u{100000}\u{101234}\u{10fffd}',
];

const RIGHT_TO_LEFT: readonly string[] = [
  'שלום לכולם, נפגשים ב־17:30 ליד הכניסה?',
  'مرحبًا، سنلتقي الساعة ١٧:٣٠ عند المدخل',
  'mixed עברית and العربية and English in one line, 123',
  '\u2067ראשון\u2069 then \u2068second\u2069 \u200fthird',
  'ܫܠܡܐ ޝުކުރިއްޔާ ⵣ ߒߞߏ',
];

const AWKWARD: readonly string[] = [
  'a < b && c > d; "quotes" \'apostrophes\' <img src=x onerror=alert(1)>',
  'z̷̡̛a̴͝l̵͘g̸͠o and e\u0301 beside é',
  'tabs\tand  double  spaces',
  'first line\nsecond line\n\nafter an empty one',
  'A'.repeat(2000),
  '0',
];

/** Code of at least `bytes` bytes in a fence, each line different from all others. */
export function codeBlock(bytes: number, first: string): string {
  const lines = [`// ${first}`];
  for (let size = 0, i = 0; size < bytes; i++) {
    const line = `export const value${i} = (x: number): number => x * ${i} + ${(i * 7919) % 10007};`;
    lines.push(line);
    size += line.length + 1;
  }
  return `\`\`\`ts\n${lines.join('\n')}\n\`\`\``;
}

/** The text of message `index`; every one is different, so that a doubled one cannot hide. */
export function textOf(index: number): string {
  const lists = [PLANES, RIGHT_TO_LEFT, AWKWARD];
  const all = lists.flat();
  // Half the messages are ordinary ones, as in life.
  return index % 2 === 1
    ? `Message ${index} of an ordinary kind`
    : `${index} ${all[(index / 2) % all.length]}`;
}
