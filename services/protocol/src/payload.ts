/** What a message says (design section 6): JSON inside the sealed body, invisible to every server. */
import { type Bytes, fromB64, utf8, utf8Decode } from './bytes.ts';
import { SottoError } from './errors.ts';
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

/** Throws `too_large` where a text is longer than `LIMITS.textBytes` in UTF-8. */
export function encodePayload(payload: Payload): Bytes {
  if ('text' in payload && !within(payload.text, LIMITS.textBytes)) {
    throw new SottoError('too_large', `at most ${LIMITS.textBytes} bytes of text`);
  }
  if (payload.kind === 'profile' && [...payload.name].length > LIMITS.roomNameChars) {
    throw new SottoError('too_large', `a room name has at most ${LIMITS.roomNameChars} characters`);
  }
  return utf8(JSON.stringify({ v: 1, ...payload }));
}

const isId = (value: unknown): boolean => {
  try {
    return typeof value === 'string' && fromB64(value).length === 16;
  } catch {
    return false;
  }
};

/** A well-formed payload, or null: one of a newer version or none at all. Receivers show a null as such. */
export function decodePayload(bytes: Bytes): Payload | null {
  let value: Record<string, unknown>;
  try {
    value = JSON.parse(utf8Decode(bytes)) as Record<string, unknown>;
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null || value.v !== 1) return null;
  const text = typeof value.text === 'string';
  const mentions =
    value.mentions === undefined || (Array.isArray(value.mentions) && value.mentions.every(isId));
  const ok: Record<string, boolean> = {
    text: text && mentions,
    reply: text && mentions && isId(value.target),
    edit: text && mentions && isId(value.target),
    delete: isId(value.target),
    reaction:
      isId(value.target) &&
      typeof value.emoji === 'string' &&
      within(value.emoji, 64) &&
      typeof value.on === 'boolean',
    profile: typeof value.name === 'string' && (value.topic === undefined || typeof value.topic === 'string'),
  };
  return typeof value.kind === 'string' && ok[value.kind] === true ? (value as unknown as Payload) : null;
}
