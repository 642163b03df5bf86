/** Characters that turn the direction of writing or are not seen at all: in a name or a link they hide what it says. */
const HIDDEN = /[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]/g;

export const withoutHidden = (text: string): string => text.replace(HIDDEN, '');

export const hasHidden = (text: string): boolean => withoutHidden(text) !== text;

/** Hebrew, Arabic and their relatives. */
const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]|\ud802|\ud803|\ud83a|\ud83b/;

export const hasRightToLeft = (text: string): boolean => RIGHT_TO_LEFT.test(text);
