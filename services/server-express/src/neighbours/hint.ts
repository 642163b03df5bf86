/**
 * What replicas tell each other besides the log (design section 7): hints, each of which may be lost. They cross Redis in the
 * clear, so they hold ids alone: no name, no text, no key. Ids are base64url.
 */
export type Hint =
  /** The account was let into a room: whoever has it connected looks at its memberships. */
  | { readonly hint: 'let-in'; readonly account: string }
  | {
      readonly hint: 'presence';
      readonly account: string;
      readonly online: boolean;
      readonly rooms: readonly string[];
    }
  | { readonly hint: 'typing'; readonly room: string; readonly account: string; readonly typing: boolean }
  /** The account's key chain grew to `seq`. */
  | { readonly hint: 'keys'; readonly account: string; readonly seq: number }
  /** How far the account has read. */
  | { readonly hint: 'cursor'; readonly account: string; readonly room: string; readonly seq: number }
  | { readonly hint: 'revoked'; readonly account: string; readonly device: string };

const ID = /^[A-Za-z0-9_-]{22}$/;
const isId = (value: unknown): boolean => typeof value === 'string' && ID.test(value);
const isSeq = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) > 0;

/** The fields of each kind beside the account. */
const FIELDS: { readonly [K in Hint['hint']]: Readonly<Record<string, (value: unknown) => boolean>> } = {
  'let-in': {},
  presence: {
    online: (value) => typeof value === 'boolean',
    rooms: (value) => Array.isArray(value) && value.every(isId),
  },
  typing: { room: isId, typing: (value) => typeof value === 'boolean' },
  keys: { seq: isSeq },
  cursor: { room: isId, seq: isSeq },
  revoked: { device: isId },
};

/** A newer replica may tell what this one does not know; that is passed over. */
export function isHint(value: unknown): value is Hint {
  if (typeof value !== 'object' || value === null) return false;
  const record = value as Record<string, unknown>;
  const { hint, account } = record;
  if (typeof hint !== 'string' || !Object.hasOwn(FIELDS, hint) || !isId(account)) return false;
  return Object.entries(FIELDS[hint as Hint['hint']]).every(([name, holds]) => holds(record[name]));
}
