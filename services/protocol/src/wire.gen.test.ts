import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { wireTypes } from '../scripts/wire-types.ts';
import type { Auth, Credentials, Hello } from './channel.ts';
import type { WireError } from './errors.ts';
import type { MembershipStatement } from './membership.ts';
import type { Payload } from './payload.ts';
import type { Statement } from './statement.ts';
import type { Wire } from './wire.gen.ts';
import type { Call, CallName, Calls, Notice, Reply, Welcome } from './wire.ts';

/** An empty object is `{}` to the generator and `Record<string, never>` to a careful author. */
type Empty = Record<string, never>;

/** Intersections merged, aliases resolved, unions taken apart: what is left differs only where the shapes do. */
type Flat<T> = T extends readonly (infer U)[]
  ? Flat<U>[]
  : T extends object
    ? [keyof T] extends [never]
      ? Empty
      : string extends keyof T
        ? Empty
        : { -readonly [K in keyof T]: Flat<T[K]> }
    : T;
type Equal<A, B> =
  (<T>() => T extends Flat<A> ? 1 : 2) extends <T>() => T extends Flat<B> ? 1 : 2 ? true : false;

/** A code is any text to the schema (a newer server may know more codes), a union to TypeScript. */
type Coded<T> = T extends { code: string; sentence: string }
  ? Omit<T, 'code'> & { code: string }
  : T extends readonly (infer U)[]
    ? Coded<U>[]
    : T extends object
      ? { [K in keyof T]: Coded<T[K]> }
      : T;

/** `checks<true>()` compiles only where the two types are one. */
const checks = <T extends true>(): T | null => null;

test('the types written by hand are those of the schemas, or this file does not compile', () => {
  checks<Equal<Hello, Wire['Hello']>>();
  checks<Equal<Auth, Wire['Auth']>>();
  checks<Equal<Credentials, Wire['Credentials']>>();
  checks<Equal<Welcome, Wire['Welcome']>>();
  checks<Equal<Coded<WireError>, Wire['WireError']>>();
  checks<Equal<Calls, Wire['Calls']>>();
  checks<
    Equal<{ id: number; call: CallName; args: object }, Omit<Wire['Call'], 'args'> & { args: object }>
  >();
  checks<Call extends Omit<Wire['Call'], 'args'> ? true : false>();
  checks<Wire['Reply'] extends Coded<Reply> ? true : false>();
  checks<Equal<Coded<Notice>, Wire['Notice']>>();
  checks<Equal<Statement, Wire['Statement']>>();
  checks<Equal<MembershipStatement & { v: 1; prev: string }, Wire['Membership']>>();
  checks<Equal<Payload & { v: 1 }, Wire['Payload']>>();
});

test('wire.gen.ts is what the schemas give', async () => {
  const kept = readFileSync(new URL('./wire.gen.ts', import.meta.url), 'utf8');
  expect(await wireTypes()).toBe(kept);
});
