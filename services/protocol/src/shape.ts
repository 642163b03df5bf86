/**
 * The shapes of signed JSON: which fields a statement has, no others, and what each holds. Written by hand because servers
 * check every statement of every chain; a test holds them to `schemas/`, which other languages load.
 */
import { utf8Decode } from './bytes.ts';
import { SottoError } from './errors.ts';

type Field =
  /** base64url of 12, 16, 32 and 384 bytes. */
  | 'nonce'
  | 'id'
  | 'hash'
  | 'signature'
  /** base64url of an RSA-3072 public key (see `isRsaSpki`). */
  | 'spki'
  /** base64url of a nonce, a tag and at least one byte between them. */
  | 'sealed'
  /** An integer from 1, and one from 0. */
  | 'count'
  | 'time'
  | 'role'
  /** A role that somebody can be let in with: not the owner's. */
  | 'entryRole'
  /** An object {seq: count, hash: hash}. */
  | 'chain'
  /** A list of objects {device: id, keyId: id, wrap: signature}. */
  | 'wraps'
  /** An id that may be missing. */
  | 'id?';

/** Names to fields. `v` is 1 in all of them. */
export type Shape = Readonly<Record<string, Field>>;

/**
 * The patterns of `schemas/common.json`. A commit to a cold room checks thousands of statements: matching costs a tenth of
 * decoding, and what is used of a statement is decoded once, later.
 */
const TEXTS = {
  nonce: /^[A-Za-z0-9_-]{16}$/,
  id: /^[A-Za-z0-9_-]{21}[AQgw]$/,
  hash: /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/,
  signature: /^[A-Za-z0-9_-]{512}$/,
  spki: /^MIIBojANBgkqhkiG9w0BAQEFAAOCAY8AMIIBigKCAYEA[g-z0-9_-][A-Za-z0-9_-]{511}AgMBAAE$/,
  sealed: /^(?:[A-Za-z0-9_-]{4})*(?:[A-Za-z0-9_-][AQgw]|[A-Za-z0-9_-]{2}[AEIMQUYcgkosw048])?$/,
} as const;
/** Of 29 bytes: a nonce, a tag and one byte between them. */
const SEALED_MIN_CHARS = 39;
const ROLES: readonly unknown[] = ['owner', 'admin', 'member'];
const CHAIN_POINT: Shape = { seq: 'count', hash: 'hash' };
const WRAP: Shape = { device: 'id', keyId: 'id', wrap: 'signature' };

const isText = (field: keyof typeof TEXTS, value: unknown): boolean =>
  typeof value === 'string' && TEXTS[field].test(value);

function fits(field: Field, value: unknown): boolean {
  switch (field) {
    case 'count':
    case 'time':
      return Number.isSafeInteger(value) && (value as number) >= (field === 'count' ? 1 : 0);
    case 'role':
      return ROLES.includes(value);
    case 'entryRole':
      return value !== 'owner' && ROLES.includes(value);
    case 'chain':
      return misfit(value, CHAIN_POINT) === null;
    case 'wraps':
      return Array.isArray(value) && value.length > 0 && value.every((wrap) => misfit(wrap, WRAP) === null);
    case 'id?':
      return value === undefined || isText('id', value);
    case 'sealed':
      return isText('sealed', value) && (value as string).length >= SEALED_MIN_CHARS;
    default:
      return isText(field, value);
  }
}

/** The name of a field that is wrong, missing or too many; null where all is well. */
function misfit(value: unknown, shape: Shape): string | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'not an object';
  for (const [name, field] of Object.entries(shape)) {
    const own = Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
    if (!fits(field, own)) return name;
  }
  return Object.keys(value).find((name) => !Object.hasOwn(shape, name)) ?? null;
}

type Fail = (why: string) => SottoError;

function parseJson(bytes: Uint8Array, fail: Fail): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(utf8Decode(bytes));
  } catch {
    throw fail('not JSON');
  }
  if (typeof value !== 'object' || value === null || (value as { v?: unknown }).v !== 1) {
    throw fail('unknown version');
  }
  return value as Record<string, unknown>;
}

/** The object behind UTF-8 JSON with `v` 1 and exactly the shape's fields. Throws `fail(why)`. */
export function parseShape(bytes: Uint8Array, shape: Shape, fail: Fail): Record<string, unknown> {
  const { v, ...value } = parseJson(bytes, fail);
  const wrong = misfit(value, shape);
  if (wrong !== null) throw fail(wrong);
  return { v, ...value };
}

/** As `parseShape`, the shape named by the field `type`. */
export function parseTyped(
  bytes: Uint8Array,
  shapes: Readonly<Record<string, Shape>>,
  fail: Fail,
): Record<string, unknown> {
  const { v, type, ...value } = parseJson(bytes, fail);
  const shape = typeof type === 'string' && Object.hasOwn(shapes, type) ? shapes[type] : undefined;
  if (shape === undefined) throw fail('unknown type');
  const wrong = misfit(value, shape);
  if (wrong !== null) throw fail(wrong);
  return { v, type, ...value };
}

/** Refuses what the limit does not allow, before anything is parsed. */
export function checkSize(bytes: Uint8Array, limit: number, what: string): void {
  if (bytes.length > limit) throw new SottoError('too_large', `${what}: at most ${limit} bytes`);
}
