/** Every spelling under which a text may leak: what the canary search looks for. */

export interface Needle {
  readonly canary: string;
  readonly encoding: string;
  readonly bytes: Buffer;
}

/** Shorter spellings occur in ciphertext by chance; 8 bytes in 100 MB do so once in 10^11 runs. */
const SHORTEST = 8;

/**
 * The characters of a base64 text that `bytes` alone decide when they begin `offset` bytes (0 to 2) after a
 * group of three: those shared with unknown neighbours are cut off at both ends.
 */
function base64At(bytes: Buffer, offset: number): string {
  const text = Buffer.concat([Buffer.alloc(offset), bytes])
    .toString('base64')
    .replace(/=+$/, '');
  const first = Math.ceil((offset * 8) / 6);
  const last = Math.floor(((offset + bytes.length) * 8) / 6);
  return text.slice(first, last);
}

const percentAll = (bytes: Buffer): string => bytes.toString('hex').replace(/../g, '%$&');

/** `encodeURIComponent` in the case of its hexadecimal digits that it does not use. */
const percentLower = (text: string): string =>
  encodeURIComponent(text).replace(/%../g, (digits) => digits.toLowerCase());

const jsonEscaped = (text: string): string =>
  JSON.stringify(text)
    .slice(1, -1)
    .replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);

function spellings(canary: string): [encoding: string, bytes: Buffer][] {
  const raw = Buffer.from(canary);
  const utf16 = Buffer.from(canary, 'utf16le');
  const ascii = (text: string): Buffer => Buffer.from(text, 'latin1');
  const out: [string, Buffer][] = [
    ['raw', raw],
    ['hex', ascii(raw.toString('hex'))],
    ['HEX', ascii(raw.toString('hex').toUpperCase())],
    ['percent-encoded', ascii(encodeURIComponent(canary))],
    ['percent-encoded', ascii(percentLower(canary))],
    ['percent-encoded', ascii(percentAll(raw))],
    ['percent-encoded', ascii(percentAll(raw).toUpperCase())],
    ['json-escaped', ascii(jsonEscaped(canary))],
    [
      'json-escaped',
      ascii(jsonEscaped(canary).replace(/\\u..../g, (unit) => `\\u${unit.slice(2).toUpperCase()}`)),
    ],
    ['utf-16le', utf16],
    ['utf-16be', Buffer.from(utf16).swap16()],
  ];
  for (const offset of [0, 1, 2]) {
    const text = base64At(raw, offset);
    out.push([`base64 at ${offset}`, ascii(text)]);
    out.push([`base64url at ${offset}`, ascii(text.replaceAll('+', '-').replaceAll('/', '_'))]);
  }
  return out;
}

/** All distinct spellings of all canaries. Throws where a canary is too short to be told from chance. */
export function needlesOf(canaries: readonly string[]): Needle[] {
  const needles = new Map<string, Needle>();
  for (const canary of canaries) {
    for (const [encoding, bytes] of spellings(canary)) {
      if (bytes.length < SHORTEST) throw new RangeError(`the canary ${JSON.stringify(canary)} is too short`);
      const key = `${canary}\0${bytes.toString('latin1')}`;
      if (!needles.has(key)) needles.set(key, { canary, encoding, bytes });
    }
  }
  return [...needles.values()];
}

/**
 * One pass over the bytes for all needles at once: which of them occur. A search per needle would read a capture
 * some hundred times.
 */
export function occurring(needles: readonly Needle[], haystack: Buffer): Needle[] {
  const byStart = new Map<number, Needle[]>();
  const begins = new Uint8Array(0x10000);
  for (const needle of needles) {
    const start = needle.bytes.readUInt16BE(0);
    begins[start] = 1;
    byStart.set(start, [...(byStart.get(start) ?? []), needle]);
  }
  const found = new Set<Needle>();
  let start = haystack[0] ?? 0;
  for (let i = 1; i < haystack.length; i++) {
    start = ((start << 8) | (haystack[i] as number)) & 0xffff;
    if (begins[start] === 0) continue;
    for (const needle of byStart.get(start) as Needle[]) {
      const end = i - 1 + needle.bytes.length;
      if (end <= haystack.length && needle.bytes.compare(haystack, i - 1, end) === 0) found.add(needle);
    }
  }
  return [...found];
}
