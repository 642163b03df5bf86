/** What a message says (design section 6): JSON inside the sealed body, invisible to every server. */
import { type Bytes, fromB64, utf8, utf8Decode } from './bytes.ts';
import { SottoError } from './errors.ts';
import { ID_BYTES } from './identity.ts';
import { LIMITS } from './limits.ts';

/** `target` is a message id, base64url of 16 bytes; `mentions` are account ids, base64url. */
export type Payload =
  | { kind: 'text'; text: string; mentions?: string[] }
  | { kind: 'reply'; target: string; text: string; mentions?: string[] }
  | { kind: 'edit'; target: string; text: string; mentions?: string[] }
  | { kind: 'delete'; target: string }
  /** `on` false takes the reaction back. */
  | { kind: 'reaction'; target: string; emoji: string; on: boolean }
  /** The room's profile: the newest in the log is in force. */
  | { kind: 'profile'; name: string; topic?: string };

const within = (text: string, bytes: number): boolean => utf8(text).length <= bytes;
const chars = (text: string): number => [...text].length;
const EMOJI_BYTES = 64;
const TOPIC_CHARS = 1024;
const MENTIONS = 1024;

const large = (what: string) => new SottoError('too_large', what);

/** What a payload needs besides its text: kind, target, some mentions. */
const BESIDES = 2048;

/**
 * How many bytes more a text may have; below zero: by how many it is too long. Bytes of UTF-8, and as often as JSON writes them: quotes, line
 * breaks and control characters take more room in the envelope than on the screen.
 */
export function textLeft(text: string): number {
  const written = utf8(JSON.stringify(text)).length;
  return Math.min(LIMITS.textBytes - utf8(text).length, LIMITS.payloadBytes - BESIDES - written);
}

/** Throws `too_large` where a text, a room's name or topic, an emoji, the list of mentions or the whole is longer than its limit. */
export function encodePayload(payload: Payload): Bytes {
  if ('text' in payload) {
    if (!within(payload.text, LIMITS.textBytes)) throw large(`at most ${LIMITS.textBytes} bytes of text`);
    if ((payload.mentions?.length ?? 0) > MENTIONS) throw large(`at most ${MENTIONS} mentions`);
  }
  if (payload.kind === 'reaction' && !within(payload.emoji, EMOJI_BYTES)) {
    throw large(`a reaction has at most ${EMOJI_BYTES} bytes`);
  }
  if (payload.kind === 'profile') {
    if (chars(payload.name) > LIMITS.roomNameChars) {
      throw large(`a room name has at most ${LIMITS.roomNameChars} characters`);
    }
    if (chars(payload.topic ?? '') > TOPIC_CHARS)
      throw large(`a topic has at most ${TOPIC_CHARS} characters`);
  }
  const bytes = utf8(JSON.stringify({ v: 1, ...payload }));
  if (bytes.length > LIMITS.payloadBytes) throw large(`at most ${LIMITS.payloadBytes} bytes as it is sent`);
  return bytes;
}

type Check = (value: unknown) => boolean;

const isId: Check = (value) => {
  try {
    return fromB64(value as string).length === ID_BYTES;
  } catch {
    return false;
  }
};
const isText: Check = (value) => typeof value === 'string' && within(value, LIMITS.textBytes);
const isMentions: Check = (value) =>
  value === undefined || (Array.isArray(value) && value.length <= MENTIONS && value.every(isId));

const WRITTEN = { text: isText, mentions: isMentions };
const KINDS: Readonly<Record<Payload['kind'], Readonly<Record<string, Check>>>> = {
  text: WRITTEN,
  reply: { target: isId, ...WRITTEN },
  edit: { target: isId, ...WRITTEN },
  delete: { target: isId },
  reaction: {
    target: isId,
    emoji: (value) => typeof value === 'string' && value !== '' && within(value, EMOJI_BYTES),
    on: (value) => typeof value === 'boolean',
  },
  profile: {
    name: (value) => typeof value === 'string' && chars(value) <= LIMITS.roomNameChars,
    topic: (value) => value === undefined || (typeof value === 'string' && chars(value) <= TOPIC_CHARS),
  },
};

/**
 * A payload with exactly the fields of its kind, or null: one of a newer version or none at all. Receivers show a null
 * as such; what they do not show in full they do not show in part, so that all clients have one timeline.
 */
export function decodePayload(bytes: Bytes): Payload | null {
  let value: unknown;
  try {
    value = JSON.parse(utf8Decode(bytes));
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null) return null;
  const { v, kind, ...rest } = value as Record<string, unknown>;
  if (v !== 1 || typeof kind !== 'string' || !Object.hasOwn(KINDS, kind)) return null;
  const fields = KINDS[kind as Payload['kind']];
  const known = Object.keys(rest).every((name) => Object.hasOwn(fields, name));
  const right = Object.entries(fields).every(([name, check]) =>
    check(Object.hasOwn(rest, name) ? rest[name] : undefined),
  );
  return known && right ? ({ kind, ...rest } as Payload) : null;
}
