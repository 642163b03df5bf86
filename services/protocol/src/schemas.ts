/**
 * The JSON Schemas of `schemas/` at work. They are interpreted, not compiled to functions, so that a strict
 * Content-Security-Policy allows them; one check costs some tens of microseconds.
 */
import { type OutputUnit, type Schema, Validator } from '@cfworker/json-schema';
import calls from '../schemas/calls.json' with { type: 'json' };
import common from '../schemas/common.json' with { type: 'json' };
import frames from '../schemas/frames.json' with { type: 'json' };
import handshake from '../schemas/handshake.json' with { type: 'json' };

/** What can be checked besides calls: the handshake's messages and what sealed frames hold. */
const MESSAGES = {
  hello: 'handshake.json#/$defs/hello',
  auth: 'handshake.json#/$defs/auth',
  credentials: 'handshake.json#/$defs/credentials',
  welcome: 'handshake.json#/$defs/welcome',
  refused: 'common.json#/$defs/wireError',
  call: 'frames.json#/$defs/call',
  reply: 'frames.json#/$defs/reply',
  notice: 'frames.json#/$defs/notice',
} as const;

export type MessageName = keyof typeof MESSAGES;

const validators = new Map<string, Validator>();

function validatorOf(ref: string): Validator {
  const known = validators.get(ref);
  if (known !== undefined) return known;
  const made = new Validator({ $id: 'root.json', $ref: ref }, '2020-12');
  for (const schema of [common, handshake, calls, frames]) made.addSchema(schema as Schema);
  validators.set(ref, made);
  return made;
}

const FIELD_CHARS = 80;

const WHY: Readonly<Record<string, string>> = {
  type: 'is of the wrong type',
  pattern: 'is not of the right form',
  enum: 'is not one of the values it may have',
  const: 'is not one of the values it may have',
  minimum: 'is too small',
  maximum: 'is too large',
  minLength: 'is too short',
  maxLength: 'is too long',
  minItems: 'has too few items',
  maxItems: 'has too many items',
};

/** "#/backup/auth" is "backup.auth"; names that the sender made up are cut. */
const fieldOf = (pointer: string): string =>
  pointer.replace(/^#\/?/, '').replaceAll('/', '.').slice(0, FIELD_CHARS);

/** How much a complaint tells: of alternatives told apart by a constant, the one whose constant fits says more. */
const rank = (unit: OutputUnit): number =>
  unit.instanceLocation.split('/').length - (unit.keyword === 'const' ? 100 : 0);

/** The deepest thing that is wrong, in words. Never holds a value: it may be logged. */
function sentence(errors: readonly OutputUnit[], whole: string): string {
  const telling = errors.filter((e) => e.keyword in WHY || e.keyword === 'required' || e.keyword === 'false');
  const deepest = telling.reduce<OutputUnit | null>(
    (best, unit) => (best === null || rank(unit) > rank(best) ? unit : best),
    null,
  );
  if (deepest === null) return `${whole} is not of the form the contract asks for`;
  const field = fieldOf(deepest.instanceLocation) || whole;
  if (deepest.keyword === 'false') return `${field} is not known here`;
  if (deepest.keyword === 'required') {
    const missing = /"(\w+)"/.exec(deepest.error)?.[1] ?? 'a property';
    return `${field} lacks ${missing}`;
  }
  return `${field} ${WHY[deepest.keyword]}`;
}

function check(ref: string, value: unknown, whole: string): string | null {
  const { valid, errors } = validatorOf(ref).validate(value);
  return valid ? null : sentence(errors, whole);
}

const isCall = (name: string): boolean => Object.hasOwn(calls.properties, name);

/** null where `args` is what the call asks for, else a sentence that names the field. For servers: `bad_request`. */
export function checkCall(name: string, args: unknown): string | null {
  if (!isCall(name)) return 'there is no such call';
  return check(`calls.json#/$defs/${name}/properties/ask`, args, 'args');
}

/** null where `ok` is what the call answers, else a sentence. For clients, who do not trust servers. */
export function checkAnswer(name: string, ok: unknown): string | null {
  if (!isCall(name)) return 'there is no such call';
  return check(`calls.json#/$defs/${name}/properties/answer`, ok, 'ok');
}

/** null where `value` is such a message, else a sentence that names the field. */
export const checkMessage = (name: MessageName, value: unknown): string | null =>
  check(MESSAGES[name], value, name);
