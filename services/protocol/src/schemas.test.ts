/** The schemas against the hand-written parsers, the limits and the calls: whichever a server loads, it refuses the same. */
import { readdirSync, readFileSync } from 'node:fs';
import { type Schema, Validator } from '@cfworker/json-schema';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { SEED } from '../testing/seed.ts';
import { type UnsafePerson, unsafePerson } from '../testing/unsafe-person.ts';
import { b64, utf8, utf8Decode, zeros } from './bytes.ts';
import { encodeCommit, makeEpoch, parseCommit } from './commit.ts';
import { randomBytes } from './crypto.ts';
import { SottoError } from './errors.ts';
import { encodeHistoryGrant, parseHistoryGrant } from './history.ts';
import { makeInvite } from './invite.ts';
import { recipientKeysAt } from './key-chain.ts';
import { LIMITS } from './limits.ts';
import { parseMembership } from './membership.ts';
import { decodePayload } from './payload.ts';
import { checkAnswer, checkCall, checkMessage } from './schemas.ts';
import { parseStatement } from './statement.ts';
import { ANONYMOUS_CALLS } from './wire.ts';

const folder = new URL('../schemas/', import.meta.url);
const files = Object.fromEntries(
  readdirSync(folder).map((name) => [name, JSON.parse(readFileSync(new URL(name, folder), 'utf8'))]),
) as Record<string, Schema>;

function validator(ref: string): Validator {
  const made = new Validator({ $id: 'test.json', $ref: ref }, '2020-12');
  for (const schema of Object.values(files)) made.addSchema(schema);
  return made;
}

interface Pair {
  readonly schema: Validator;
  /** True where the parser takes the JSON text. */
  readonly parses: (text: string) => boolean;
}

const accepts = (parse: (bytes: ReturnType<typeof utf8>) => unknown) => (text: string) => {
  try {
    return parse(utf8(text)) !== null;
  } catch (error) {
    if (error instanceof SottoError) return false;
    throw error;
  }
};

const PAIRS: Record<string, Pair> = {
  statement: { schema: validator('statement.json#/$defs/statement'), parses: accepts(parseStatement) },
  membership: { schema: validator('membership.json#/$defs/membership'), parses: accepts(parseMembership) },
  commit: { schema: validator('bodies.json#/$defs/commit'), parses: accepts(parseCommit) },
  history: { schema: validator('bodies.json#/$defs/history'), parses: accepts(parseHistoryGrant) },
  payload: { schema: validator('payload.json#/$defs/payload'), parses: accepts(decodePayload) },
};

const samples: Record<string, Record<string, unknown>[]> = {};

beforeAll(async () => {
  const ada: UnsafePerson = await unsafePerson(0);
  const room = randomBytes(16);
  const recipients = recipientKeysAt(ada.chain, 3);
  const context = { room, epoch: 1, previous: zeros(32), membership: zeros(32), committer: ada.device };
  const invite = await makeInvite(room, { roomName: 'r', inviterHandle: 'ada' }, ada.accountPair);
  const read = (bytes: Uint8Array) => JSON.parse(utf8Decode(bytes)) as Record<string, unknown>;
  const id = b64(room);
  const hash = b64(zeros(32));
  const chain = { seq: 3, hash };
  const statement = { v: 1, account: id, seq: 4, prev: hash, at: 0 };
  const membership = { v: 1, prev: hash };
  samples.statement = [
    ...ada.statements.map((s) => read(s.bytes)),
    { ...statement, type: 'device.revoke', device: id },
    { ...statement, type: 'device.revoke', device: id, by: id },
  ];
  samples.membership = [
    { ...membership, type: 'room.create', salt: id, chain },
    { ...membership, type: 'member.add', account: id, role: 'admin', chain },
    { ...membership, type: 'member.join', invite: id, chain, fingerprint: hash, proof: b64(zeros(384)) },
    { ...membership, type: 'member.remove', account: id },
    { ...membership, type: 'member.leave' },
    { ...membership, type: 'member.role', account: id, role: 'owner' },
    { ...membership, type: 'member.keys', chain },
    {
      ...membership,
      type: 'invite.create',
      invite: id,
      key: b64(invite.key),
      sealed: b64(invite.sealed),
      expiresAt: 1,
      uses: 1,
    },
    { ...membership, type: 'invite.revoke', invite: id },
  ];
  samples.commit = [read(encodeCommit((await makeEpoch(context, recipients)).body))];
  samples.history = [
    read(await encodeHistoryGrant(room, room, 1, [{ epoch: 1, secret: zeros(32) }], recipients)),
  ];
  samples.payload = [
    { v: 1, kind: 'text', text: 'x', mentions: [id] },
    { v: 1, kind: 'reply', target: id, text: 'x' },
    { v: 1, kind: 'edit', target: id, text: '😀' },
    { v: 1, kind: 'delete', target: id },
    { v: 1, kind: 'reaction', target: id, emoji: '👍', on: true },
    { v: 1, kind: 'profile', name: 'n', topic: 't' },
  ];
});

/** Values that are nearly right in one way or another. */
const odd = fc.constantFrom<unknown>(
  undefined,
  null,
  true,
  0,
  1,
  -1,
  1.5,
  1001,
  2 ** 53 - 1,
  2 ** 53,
  '',
  'owner',
  'text',
  'device.add',
  b64(zeros(12)),
  b64(zeros(16)),
  `${b64(zeros(16))}\n`,
  b64(zeros(16)).replace(/A$/, 'B'),
  b64(zeros(17)),
  b64(zeros(28)),
  b64(zeros(29)),
  b64(zeros(31)),
  b64(zeros(32)),
  b64(zeros(384)),
  b64(zeros(422)),
  [],
  [b64(zeros(16))],
  ['x'],
  {},
  { seq: 1, hash: b64(zeros(32)) },
  { seq: 0, hash: b64(zeros(32)) },
  { seq: 1, hash: b64(zeros(32)), more: 1 },
  [{ device: b64(zeros(16)), keyId: b64(zeros(16)), wrap: b64(zeros(384)) }],
  [{ device: b64(zeros(16)), keyId: b64(zeros(16)) }],
);

describe.each(Object.keys(PAIRS))('%s', (name) => {
  const { schema, parses } = PAIRS[name] as Pair;
  const both = (value: unknown): [parser: boolean, schema: boolean] => {
    const text = JSON.stringify(value);
    return [parses(text), schema.validate(JSON.parse(text)).valid];
  };

  test('every sample is taken by parser and schema', () => {
    for (const sample of samples[name] ?? [])
      expect(both(sample), JSON.stringify(sample)).toEqual([true, true]);
  });

  test('any change of any field is taken by both or by neither', () => {
    for (const sample of samples[name] ?? []) {
      const fields = [...Object.keys(sample), 'more', 'by', 'topic', 'mentions'];
      fc.assert(
        fc.property(fc.constantFrom(...fields), odd, (field, value) => {
          const [parser, bySchema] = both({ ...sample, [field]: value });
          expect({ field, value, bySchema }).toEqual({ field, value, bySchema: parser });
        }),
        { seed: SEED, numRuns: 600 },
      );
    }
  });

  test('values that are no objects are taken by neither', () => {
    for (const value of [null, [], 'x', 1, true]) expect(both(value)).toEqual([false, false]);
  });
});

test('every number that schemas and limits share is the same', () => {
  const at = (file: string, ...path: string[]): unknown =>
    path.reduce<unknown>((value, key) => (value as Record<string, unknown>)[key], files[file]);
  const chars = (bytes: number): number => Math.ceil((bytes * 4) / 3);
  const ask = (call: string, field: string) => ['$defs', call, 'properties', 'ask', 'properties', field];
  expect(at('common.json', '$defs', 'wireStatement', 'properties', 'bytes', 'maxLength')).toBe(
    chars(LIMITS.statementBytes),
  );
  expect(at('common.json', '$defs', 'backupItem', 'properties', 'sealed', 'maxLength')).toBe(
    chars(LIMITS.backupItemBytes),
  );
  expect(at('common.json', '$defs', 'handle', 'minLength')).toBe(LIMITS.handleMin);
  expect(at('common.json', '$defs', 'handle', 'maxLength')).toBe(LIMITS.handleMax);
  const passphrase = ['$defs', 'backupMethod', 'anyOf', '1', 'properties'];
  expect(at('common.json', ...passphrase, 'memoryKiB', 'minimum')).toBe(LIMITS.argon2MemoryKiB);
  expect(at('common.json', ...passphrase, 'passes', 'minimum')).toBe(LIMITS.argon2Passes);
  expect(at('calls.json', ...ask('read', 'limit'), 'maximum')).toBe(LIMITS.readEntries);
  expect(at('calls.json', ...ask('invite.read', 'limit'), 'maximum')).toBe(LIMITS.readEntries);
  expect(at('calls.json', ...ask('wraps.stage', 'wraps'), 'maxItems')).toBe(LIMITS.wrapsPerChunk);
  expect(at('bodies.json', '$defs', 'commit', 'properties', 'count', 'maximum')).toBe(LIMITS.roomDevices);
  expect(at('payload.json', '$defs', 'payload', 'anyOf', '0', 'properties', 'text', 'maxLength')).toBe(
    LIMITS.textBytes,
  );
  expect(at('payload.json', '$defs', 'payload', 'anyOf', '5', 'properties', 'name', 'maxLength')).toBe(
    LIMITS.roomNameChars,
  );
});

test('a refusal names the field and never the value', () => {
  const id = b64(zeros(16));
  expect(checkCall('read', { room: id, from: 1, limit: 10 })).toBeNull();
  expect(checkCall('read', { room: 'secret', from: 1, limit: 10 })).toBe('room is too short');
  expect(checkCall('read', { room: id, from: 0, limit: 10 })).toBe('from is too small');
  expect(checkCall('read', { room: id, from: 1, limit: 257 })).toBe('limit is too large');
  expect(checkCall('read', { room: id, limit: 10 })).toBe('args lacks from');
  expect(checkCall('read', { room: id, from: 1, limit: 10, also: 'secret' })).toBe('also is not known here');
  expect(checkCall('read', null)).toBe('args is of the wrong type');
  expect(checkCall('backup.put', { items: [{ name: 'a b', sealed: b64(zeros(28)) }] })).toBe(
    'items.0.name is not of the right form',
  );
  expect(checkCall('hasOwnProperty', {})).toBe('there is no such call');
  expect(checkAnswer('presence', { online: [id] })).toBeNull();
  expect(checkAnswer('presence', { online: [1] })).toBe('online.0 is of the wrong type');
  expect(checkAnswer('sudo', {})).toBe('there is no such call');
  expect(checkMessage('credentials', { mode: 'anonymous' })).toBeNull();
  expect(checkMessage('credentials', { mode: 'device' })).toBe('credentials lacks account');
  expect(checkMessage('notice', { notice: 'keys', account: id, seq: 0 })).toBe('seq is too small');
  expect(checkMessage('hello', 'hello')).toBe('hello is of the wrong type');
});

test('an alphabet of look-alikes never becomes a handle', () => {
  const handle = validator('common.json#/$defs/handle');
  for (const text of ['аda', 'Ada', 'ａda', 'ada\n', 'a', '-a', 'x'.repeat(33)]) {
    expect(handle.validate(text).valid, JSON.stringify(text)).toBe(false);
  }
  expect(handle.validate('ada_1-x').valid).toBe(true);
  // What is asked for may be anything short: the server answers bad_handle, which says how handles look.
  expect(checkCall('account.find', { handle: 'Ada' })).toBeNull();
  expect(checkCall('account.find', { handle: 'x'.repeat(65) })).toBe('handle is too long');
});

test('every anonymous call is a call', () => {
  for (const name of ANONYMOUS_CALLS) expect(checkCall(name, null)).not.toBe('there is no such call');
});

test('schemas are of 2020-12 and named by their files', () => {
  for (const [name, schema] of Object.entries(files)) {
    expect(schema.$schema).toBe('https://json-schema.org/draft/2020-12/schema');
    expect(schema.$id).toBe(name);
  }
});
