/** The palette of reactions: few enough to be looked over, each with a name to be read aloud. */
export const PALETTE: readonly (readonly [emoji: string, name: string])[] = [
  ['👍', 'thumbs up'],
  ['❤️', 'heart'],
  ['😂', 'tears of joy'],
  ['😮', 'surprised'],
  ['😢', 'crying'],
  ['🙏', 'thank you'],
  ['🎉', 'party'],
  ['👀', 'looking'],
  ['✅', 'done'],
  ['❌', 'no'],
  ['🔥', 'fire'],
  ['🚀', 'rocket'],
  ['💯', 'a hundred'],
  ['🤔', 'thinking'],
  ['👏', 'applause'],
  ['🙌', 'hurrah'],
  ['😅', 'phew'],
  ['😍', 'love it'],
  ['😡', 'angry'],
  ['👎', 'thumbs down'],
  ['💡', 'idea'],
  ['🐛', 'bug'],
  ['☕', 'coffee'],
  ['🏁', 'finished'],
];

export const COLUMNS = 8;

/** Where an arrow key leads on the palette from `index`; the same place at its edges. */
export function step(index: number, key: string, count: number, columns: number): number {
  const to = {
    ArrowLeft: index - 1,
    ArrowRight: index + 1,
    ArrowUp: index - columns,
    ArrowDown: index + columns,
    Home: 0,
    End: count - 1,
  }[key];
  return to === undefined || to < 0 || to >= count ? index : to;
}

/** Up to five emoji and nothing else: shown larger, as people expect it. */
export const isEmojiOnly = (text: string): boolean => text.length <= 60 && ONLY.test(text);

const ONLY = /^\s*(?:\p{RGI_Emoji}\s*){1,5}$/v;
