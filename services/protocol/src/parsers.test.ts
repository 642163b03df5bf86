/** Whatever bytes come, parsers answer with a value or with a code of the table, never with another exception. */
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { refusal } from '../testing/refusal.ts';
import { SEED } from '../testing/seed.ts';
import { UNSAFE_TIME, type UnsafePerson, unsafePerson } from '../testing/unsafe-person.ts';
import { entropyOf, isDowngraded } from './backup.ts';
import { decodeEntries, decodeEnvelopes, encodeEntries, encodeEnvelopes } from './batch.ts';
import { type Bytes, b64, concat, utf8, zeros } from './bytes.ts';
import { Channel } from './channel.ts';
import { encodeCommit, parseCommit } from './commit.ts';
import { randomBytes } from './crypto.ts';
import { KIND, parseEnvelope, signPlain } from './envelope.ts';
import { encodeHistoryGrant, parseHistoryGrant } from './history.ts';
import { messageIdAt } from './identity.ts';
import { parseInviteLink } from './invite.ts';
import { extendKeyChain, recipientKeysAt } from './key-chain.ts';
import { encodeMembership, parseMembership } from './membership.ts';
import { decodePayload, encodePayload } from './payload.ts';
import { checkAnswer, checkCall, checkMessage } from './schemas.ts';
import { parseStatement } from './statement.ts';

let ada: UnsafePerson;
const valid: Record<string, Bytes> = {};

const PARSERS: Record<string, (bytes: Bytes) => unknown> = {
  envelope: parseEnvelope,
  entries: decodeEntries,
  envelopes: decodeEnvelopes,
  statement: parseStatement,
  'key chain': (bytes) => extendKeyChain(null, { bytes, signature: zeros(384) }),
  membership: parseMembership,
  commit: parseCommit,
  history: parseHistoryGrant,
  payload: decodePayload,
};

beforeAll(async () => {
  ada = await unsafePerson(0);
  const first = ada.statements[0] as { bytes: Bytes };
  const draft = {
    room: randomBytes(16),
    epoch: 0,
    commit: zeros(16),
    account: ada.account,
    device: ada.device,
    deviceSeq: 1,
    id: messageIdAt(UNSAFE_TIME),
    head: 0,
    headHash: zeros(32),
    previous: zeros(32),
    sentAt: UNSAFE_TIME,
  };
  const envelope = await signPlain(KIND.membership, draft, utf8('{"v":1}'), ada.devicePair.privateKey);
  const chain = { seq: 3, hash: b64(zeros(32)) };
  const one = { epoch: 1, secret: zeros(32) };
  Object.assign(valid, {
    envelope,
    entries: encodeEntries({ request: 1, room: draft.room, from: 1, entries: [{ at: 1, bytes: envelope }] }),
    envelopes: encodeEnvelopes([envelope, envelope]),
    statement: first.bytes,
    'key chain': first.bytes,
    membership: encodeMembership(null, { type: 'room.create', salt: b64(zeros(16)), chain }),
    commit: encodeCommit({
      epoch: 1,
      previous: zeros(32),
      membership: zeros(32),
      root: zeros(32),
      count: 1,
      commitment: zeros(32),
    }),
    history: await encodeHistoryGrant(draft.room, ada.account, 1, [one], recipientKeysAt(ada.chain, 3)),
    payload: encodePayload({ kind: 'text', text: 'hello' }),
  });
});

/** Edits of a byte string: set, insert, delete, cut. Places are shares of the length. */
const place = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const edits = fc.array(
  fc.tuple(
    fc.constantFrom('set', 'insert', 'delete', 'cut'),
    place,
    fc.uint8Array({ minLength: 1, maxLength: 4 }),
  ),
  { minLength: 1, maxLength: 6 },
);

function edited(bytes: Bytes, list: readonly [string, number, Uint8Array][]): Bytes {
  let out = bytes;
  for (const [edit, share, data] of list) {
    const at = Math.floor(share * (out.length + 1));
    const before = out.slice(0, at);
    if (edit === 'cut') out = before;
    else if (edit === 'insert') out = concat(before, data, out.slice(at));
    else if (edit === 'delete') out = concat(before, out.slice(at + data.length));
    else out = concat(before, data, out.slice(at + data.length)).slice(0, out.length);
  }
  return out;
}

/** JSON values of every kind, also those that JSON.stringify alone can make. */
const json = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom('[[[[[', '{"v":1,"type":"__proto__"}', '{"v":1e999}', '\ufeff{}', '"', ''),
);

describe.each(Object.keys(PARSERS))('%s', (name) => {
  const parse = PARSERS[name] as (bytes: Bytes) => unknown;

  test('takes what is valid', async () => {
    if (name === 'key chain') return;
    expect(await refusal(() => parse(valid[name] as Bytes))).toBe('accepted');
  });

  test('random bytes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 1200 }), async (bytes) => {
        await refusal(() => parse(bytes));
      }),
      { seed: SEED, numRuns: 500 },
    );
  });

  test('mutations of what is valid', async () => {
    await fc.assert(
      fc.asyncProperty(edits, async (list) => {
        await refusal(() => parse(edited(valid[name] as Bytes, list)));
      }),
      { seed: SEED, numRuns: 1000 },
    );
  });

  test('JSON of other shapes', async () => {
    await fc.assert(
      fc.asyncProperty(json, async (value) => {
        await refusal(() => parse(utf8(typeof value === 'string' ? value : JSON.stringify(value))));
        await refusal(() => parse(utf8(JSON.stringify({ v: 1, type: 'account.create', value }))));
      }),
      { seed: SEED, numRuns: 500 },
    );
  });

  test('deep nesting', async () => {
    await refusal(() => parse(utf8('['.repeat(4000))));
    await refusal(() => parse(utf8(`${'{"v":'.repeat(800)}1${'}'.repeat(800)}`)));
  });
});

test('sealed frames of anything are refused as frames', async () => {
  const channel = await Channel.derive(zeros(32), zeros(32), 'client');
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
      expect(await refusal(() => channel.open(bytes))).toBe('bad_frame');
    }),
    { seed: SEED },
  );
});

test('checks of texts and values answer, whatever they are given', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.anything(), (text, value) => {
      parseInviteLink(text);
      entropyOf(text);
      isDowngraded({ method: 'passphrase', salt: text, memoryKiB: value as number, passes: 3 });
    }),
    { seed: SEED, numRuns: 500 },
  );
  fc.assert(
    fc.property(fc.constantFrom('read', 'account.create', 'nonsense', 'toString'), json, (name, value) => {
      for (const answer of [
        checkCall(name, value),
        checkAnswer(name, value),
        checkMessage('notice', value),
      ]) {
        expect(answer === null || answer.length < 160).toBe(true);
      }
    }),
    { seed: SEED, numRuns: 500 },
  );
});
