/**
 * A text as prose and blocks of code. Fences are found here, in one pass, before any markdown: 40 KB of code cost nothing to
 * parse, and look the same before the parser has been loaded.
 */
export type Part =
  | { readonly kind: 'prose'; readonly text: string }
  | { readonly kind: 'code'; readonly text: string; readonly language: string };

const OPENING = /^( {0,3})(`{3,}|~{3,})[ \t]*([^`\n]*)$/;

/** A fence that is never closed ends with the text, as in CommonMark. */
export function partsOf(text: string): Part[] {
  if (!/^ {0,3}(```|~~~)/m.test(text)) return [{ kind: 'prose', text }];
  const parts: Part[] = [];
  const lines = text.split('\n');
  let prose: string[] = [];
  const endProse = (): void => {
    const joined = prose.join('\n').replace(/^\n+|\n+$/g, '');
    if (joined !== '') parts.push({ kind: 'prose', text: joined });
    prose = [];
  };
  for (let i = 0; i < lines.length; i++) {
    const opening = OPENING.exec(lines[i] as string);
    if (opening === null) {
      prose.push(lines[i] as string);
      continue;
    }
    const [, indent, fence, info] = opening as unknown as [string, string, string, string];
    endProse();
    const closing = new RegExp(`^ {0,3}\\${fence[0]}{${fence.length},}[ \\t]*$`);
    const code: string[] = [];
    for (i++; i < lines.length && !closing.test(lines[i] as string); i++) {
      code.push((lines[i] as string).replace(new RegExp(`^ {0,${indent.length}}`), ''));
    }
    parts.push({ kind: 'code', text: code.join('\n'), language: languageOf(info) });
  }
  endProse();
  return parts;
}

/** The first word of what follows the fence, if it looks like a language. */
const languageOf = (info: string): string => /^[\w+#.-]{1,20}(?=\s|$)/.exec(info.trim())?.[0] ?? '';
