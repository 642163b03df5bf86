/** Which links may be followed, and when the reader must be told where one leads. */
import { hasHidden } from './bidi.ts';

export interface Link {
  /** Where it leads, whole. */
  readonly href: string;
  /** The real host (or mail address), where the text of the link says or suggests another one. */
  readonly host: string | null;
}

const SCHEMES = ['http:', 'https:', 'mailto:'];

/** null where it may not be a link at all: another scheme, no scheme, or nothing that a URL can be made of. */
export function linkOf(target: string, shown: string): Link | null {
  const url = URL.parse(target);
  if (url === null || !SCHEMES.includes(url.protocol)) return null;
  const host = hostOf(url);
  if (host === '') return null;
  return { href: url.href, host: isClear(url, shown.trim()) ? null : host };
}

const hostOf = (url: URL): string => (url.protocol === 'mailto:' ? url.pathname : url.host);

const bare = (host: string): string => host.toLowerCase().replace(/^www\./, '');

function isClear(url: URL, shown: string): boolean {
  // Hidden characters turn or cut what is read; a name before @ looks like a host; letters of other alphabets like these.
  if (hasHidden(shown) || url.username !== '' || url.password !== '' || url.host.includes('xn--'))
    return false;
  const real = bare(hostOf(url));
  const said = /\s/.test(shown) ? null : (URL.parse(shown) ?? URL.parse(`https://${shown}`));
  if (said !== null && said.username === '' && bare(hostOf(said)) === real) return true;
  // An address of mail is its own text.
  if (shown.toLowerCase() === real) return true;
  return namedHosts(shown).every((named) => bare(named) === real);
}

/** Whatever in a text looks like the name of a host: dots of every width count. */
const namedHosts = (text: string): string[] =>
  text.match(/[\p{L}\p{N}_-]+(?:[.\u2024\u3002\uff0e\uff61][\p{L}\p{N}_-]+)+/gu) ?? [];
