/**
 * Markdown to HTML that is safe to show: marked, then DOMPurify. Loaded when the first message needs it. Nothing a member writes
 * becomes HTML by itself: every character of theirs is escaped, and what marked made of it passes a short list of tags.
 */
import DOMPurify from 'dompurify';
import { Marked, type Token, type Tokens } from 'marked';
import { linkOf } from './link.ts';
import { namings } from './spans.ts';

/** Deeper than this nobody writes, and layout suffers. */
const MAX_DEPTH = 24;

const TAGS = 'p br strong em del code pre blockquote ul ol li hr a span div table thead tbody tr th td'.split(
  ' ',
);
const ATTRIBUTES = ['href', 'title', 'class', 'start', 'tabindex', 'role', 'aria-label'];
/** The only classes: another could dress a message up as a part of the app. */
const CLASSES = new Set(['md-heading', 'md-host', 'md-me', 'md-table', 'md-block']);

let me = '';
const marked = new Marked({
  gfm: true,
  breaks: true,
  tokenizer: {
    // HTML stays text. Definitions and underlined headings would swallow lines, indented code the indent of poems.
    html: () => undefined,
    tag: () => undefined,
    def: () => undefined,
    lheading: () => undefined,
    code: () => undefined,
    // A line keeps its indent.
    br(src) {
      const raw = /^ *\n(?!\s*$)/.exec(src)?.[0];
      return raw === undefined ? false : { type: 'br', raw };
    },
    // ¯\_(ツ)_/¯ keeps its arm.
    escape(src) {
      return src.startsWith('\\_') ? { type: 'escape', raw: '\\_', text: '\\_' } : false;
    },
  },
  renderer: {
    // No headings to a screen reader: a message must not rearrange the page's outline.
    heading(token) {
      return `<p class="md-heading">${this.parser.parseInline(token.tokens)}</p>`;
    },
    paragraph(token) {
      return `<p>${this.parser.parseInline(token.tokens)}</p>`;
    },
    blockquote(token) {
      return `<blockquote>${this.parser.parse(token.tokens)}</blockquote>`;
    },
    list(token) {
      const tag = token.ordered ? 'ol' : 'ul';
      const start = token.ordered && token.start !== 1 ? ` start="${Number(token.start)}"` : '';
      return `<${tag}${start}>${token.items.map((item) => this.listitem(item)).join('')}</${tag}>`;
    },
    listitem(item) {
      return `<li>${this.parser.parse(item.tokens)}</li>`;
    },
    checkbox: ({ checked }) => (checked ? '☑ ' : '☐ '),
    // Within lists and quotes only: fences at the margin never come here. They wrap, so they need no scrolling.
    code: ({ text }) => `<pre class="md-block"><code>${escaped(text)}</code></pre>`,
    codespan: ({ text }) => `<code>${escaped(text)}</code>`,
    hr: () => '<hr>',
    br: () => '<br>',
    table(token) {
      const row = (cells: Tokens.TableCell[], tag: string) =>
        `<tr>${cells.map((cell) => cellHtml(tag, this.parser.parseInline(cell.tokens))).join('')}</tr>`;
      return `<div class="md-table" role="group" tabindex="0" aria-label="Table"><table><thead>${row(
        token.header,
        'th',
      )}</thead><tbody>${token.rows.map((cells) => row(cells, 'td')).join('')}</tbody></table></div>`;
    },
    link(token) {
      return anchor(token.href, lettersOf(token.tokens), token.raw);
    },
    // Never fetched: whoever shows an image learns from the fetch who read it, and where.
    image: (token) => anchor(token.href, token.text || 'image', token.raw),
    html: (token) => escaped(token.raw),
    text(token) {
      if ('tokens' in token && token.tokens) return this.parser.parseInline(token.tokens);
      // As it was written: marked has made "<" of "&#60;" in its own copy.
      return words(token.type === 'escape' ? token.text : token.raw);
    },
  },
});

const cellHtml = (tag: string, inner: string): string =>
  // A heading without words is a fault to a screen reader.
  inner.trim() === '' ? '<td></td>' : `<${tag}>${inner}</${tag}>`;

const words = (text: string): string =>
  namings(text, me)
    .map((span) =>
      span.kind === 'me' ? `<span class="md-me">${escaped(span.text)}</span>` : escaped(span.text),
    )
    .join('');

/** The text of a link is its letters alone, so that what is compared with the target is what is seen. */
const lettersOf = (tokens: readonly Token[]): string =>
  tokens
    .map((token) =>
      'tokens' in token && token.tokens ? lettersOf(token.tokens) : letters(token as Tokens.Text),
    )
    .join('');

const letters = (token: Tokens.Text | Tokens.Escape | Tokens.Codespan | Tokens.Br): string =>
  token.type === 'br' ? ' ' : token.type === 'text' ? token.raw : token.text;

function anchor(target: string, shown: string, raw: string): string {
  const link = linkOf(target, shown);
  if (link === null) return escaped(raw);
  const host = link.host === null ? '' : ` <span class="md-host">(${escaped(link.host)})</span>`;
  return `<a href="${escaped(link.href)}" title="${escaped(link.href)}">${escaped(shown.trim() || link.href)}</a>${host}`;
}

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const escaped = (text: string): string => text.replace(/[&<>"']/g, (letter) => ENTITIES[letter] as string);

/** Each of these, at the margin, has a direction of its own; what stands in it goes along, with its bullets and bars. */
const BLOCKS = new Set(['P', 'UL', 'OL', 'BLOCKQUOTE', 'DIV']);

const purify = DOMPurify();
purify.addHook('uponSanitizeAttribute', (_, data) => {
  if (data.attrName === 'class' && !CLASSES.has(data.attrValue)) data.keepAttr = false;
});
// The policy again, after all that was made of the text: what is no link by it leaves without its target.
purify.addHook('afterSanitizeAttributes', (node) => {
  if (BLOCKS.has(node.tagName) && node.parentElement?.tagName === 'BODY') node.setAttribute('dir', 'auto');
  if (node.tagName !== 'A') return;
  const href = node.getAttribute('href') ?? '';
  if (linkOf(href, '') === null) {
    node.removeAttribute('href');
    return;
  }
  node.setAttribute('target', '_blank');
  node.setAttribute('rel', 'noopener noreferrer nofollow');
});

export const sanitised = (html: string): string =>
  purify.sanitize(html, {
    ALLOWED_TAGS: TAGS,
    ALLOWED_ATTR: ATTRIBUTES,
    ALLOW_DATA_ATTR: false,
    ALLOW_ARIA_ATTR: false,
    ALLOWED_URI_REGEXP: /^(?:https?|mailto):/i,
  });

function depthOf(tokens: readonly Token[]): number {
  let depth = 0;
  for (const token of tokens) {
    const { tokens: within, items } = token as Tokens.Generic & Tokens.List;
    const inner: Token[] = [...(within ?? []), ...(items ?? [])];
    if (inner.length > 0) depth = Math.max(depth, depthOf(inner));
  }
  return depth + 1;
}

/** The HTML of `text`, or null where it is better shown as it was written. `reader`: the handle whose naming is marked. */
export function markdown(text: string, reader: string): string | null {
  try {
    const tokens = marked.lexer(text);
    if (depthOf(tokens) > MAX_DEPTH) return null;
    me = reader;
    const html = sanitised(marked.parser(tokens));
    // "# " alone would be an empty message.
    return /<hr>|☐|☑/.test(html) || html.replaceAll(/<[^>]*>/g, '').trim() !== '' ? html : null;
  } catch {
    // marked gives up on what nests too deeply.
    return null;
  }
}
