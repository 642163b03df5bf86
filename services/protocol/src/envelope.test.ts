import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { refusal } from '../testing/refusal.ts';
import { SEED } from '../testing/seed.ts';
import { UNSAFE_TIME, type UnsafePerson, unsafePerson } from '../testing/unsafe-person.ts';
import { type Bytes, concat, equal, label, u32, utf8, zeros } from './bytes.ts';
import { aesKey, aesSeal, hkdf, randomBytes, sha256, sign } from './crypto.ts';
import {
  type DraftHeader,
  type Envelope,
  encodeHeader,
  HEADER_BYTES,
  KIND,
  openMessage,
  padPayload,
  parseEnvelope,
  SIGNATURE_BYTES,
  sealMessage,
  signPlain,
  verifyEnvelope,
} from './envelope.ts';
import { newEpochSecret, senderKeyOf } from './epoch.ts';
import { messageIdAt } from './identity.ts';
import { LIMITS } from './limits.ts';

let ada: UnsafePerson;
let draft: DraftHeader;
let senderKey: Bytes;
let sealed: Bytes;
const payload = utf8('{"v":1,"kind":"text","text":"good morning"}');

beforeAll(async () => {
  ada = await unsafePerson(0);
  const commitHash = randomBytes(32);
  senderKey = await senderKeyOf(newEpochSecret(), commitHash, ada.device);
  draft = {
    room: randomBytes(16),
    epoch: 7,
    commit: commitHash.slice(0, 16),
    account: ada.account,
    device: ada.device,
    deviceSeq: 3,
    id: messageIdAt(UNSAFE_TIME),
    head: 41,
    headHash: randomBytes(32),
    previous: randomBytes(32),
    sentAt: UNSAFE_TIME,
  };
  sealed = await sealMessage(draft, payload, senderKey, ada.devicePair.privateKey);
});

/** The envelope, or null where parsing refuses the bytes with a code of the table. */
async function parsed(bytes: Bytes): Promise<Envelope | null> {
  return (await refusal(() => parseEnvelope(bytes))) === 'accepted' ? parseEnvelope(bytes) : null;
}

async function isRefused(bytes: Bytes): Promise<boolean> {
  const envelope = await parsed(bytes);
  return envelope === null || !(await verifyEnvelope(envelope, ada.devicePair.publicKey));
}

const flipped = (bit: number): Bytes => {
  const bytes = sealed.slice();
  bytes[bit >> 3] = (bytes[bit >> 3] as number) ^ (0x80 >> (bit & 7));
  return bytes;
};

test('what is sealed is opened by whoever has the sender key', async () => {
  const envelope = parseEnvelope(sealed);
  expect(envelope.header).toMatchObject(draft);
  expect(envelope.header.kind).toBe(KIND.message);
  expect(await verifyEnvelope(envelope, ada.devicePair.publicKey)).toBe(true);
  expect(await openMessage(envelope, senderKey)).toEqual(payload);
  expect(sealed.length).toBe(HEADER_BYTES + 256 + 16 + SIGNATURE_BYTES);
});

test('parsing takes the bytes over: changing the input afterwards changes nothing', () => {
  const input = sealed.slice();
  const envelope = parseEnvelope(input);
  input.fill(0);
  expect(envelope.bytes).toEqual(sealed);
});

test('every single bit of the header is protected', async () => {
  let opened = 0;
  for (let bit = 0; bit < HEADER_BYTES * 8; bit++) {
    const bytes = flipped(bit);
    expect(await isRefused(bytes), `bit ${bit}`).toBe(true);
    const envelope = await parsed(bytes);
    if (envelope !== null && (await openMessage(envelope, senderKey)) !== null) opened++;
  }
  expect(opened).toBe(0);
});

test('2,000 sampled bits of body and signature are protected', async () => {
  const first = HEADER_BYTES * 8;
  const bits = fc.sample(fc.integer({ min: first, max: sealed.length * 8 - 1 }), {
    seed: SEED,
    numRuns: 2000,
  });
  const signatureStart = (sealed.length - SIGNATURE_BYTES) * 8;
  for (const bit of bits) {
    const bytes = flipped(bit);
    expect(await isRefused(bytes), `bit ${bit}`).toBe(true);
    if (bit < signatureStart)
      expect(await openMessage(parseEnvelope(bytes), senderKey), `bit ${bit}`).toBeNull();
  }
});

test('another device key does not verify, another sender key does not open', async () => {
  const eve = await unsafePerson(1);
  const envelope = parseEnvelope(sealed);
  expect(await verifyEnvelope(envelope, eve.devicePair.publicKey)).toBe(false);
  expect(await openMessage(envelope, randomBytes(32))).toBeNull();
});

test('a payload of any length is padded to a multiple of 256 and comes back', async () => {
  for (const length of [0, 1, 251, 252, 253, 508, 509]) {
    const text = randomBytes(length);
    expect(padPayload(text).length % 256).toBe(0);
    const bytes = await sealMessage(draft, text, senderKey, ada.devicePair.privateKey);
    expect(await openMessage(parseEnvelope(bytes), senderKey)).toEqual(text);
  }
});

test('the same payload sealed twice shares neither nonce nor ciphertext', async () => {
  const again = parseEnvelope(await sealMessage(draft, payload, senderKey, ada.devicePair.privateKey));
  const before = parseEnvelope(sealed);
  expect(equal(again.header.nonce, before.header.nonce)).toBe(false);
  expect(equal(again.body, before.body)).toBe(false);
  expect(equal(again.header.keyCommitment, before.header.keyCommitment)).toBe(true);
});

/** A message made by a device that does not keep the rules: any padding, any key commitment, but sealed and signed. */
async function unruly(padded: Bytes, commitment?: Bytes): Promise<Envelope> {
  const both = await hkdf(senderKey, draft.id, label('sotto/1/message'), 64);
  const nonce = randomBytes(12);
  const keyCommitment = commitment ?? both.slice(32);
  const header = encodeHeader({ ...draft, kind: KIND.message, keyCommitment, nonce });
  const body = await aesSeal(await aesKey(both.slice(0, 32)), nonce, header, padded);
  const signed = concat(label('sotto/1/envelope'), await sha256(header), await sha256(body));
  return parseEnvelope(concat(header, body, await sign(ada.devicePair.privateKey, signed)));
}

test('a key commitment that is not that of the key opens nothing, though all else fits', async () => {
  expect(await openMessage(await unruly(padPayload(payload)), senderKey)).toEqual(payload);
  const other = await unruly(padPayload(payload), randomBytes(32));
  expect(await verifyEnvelope(other, ada.devicePair.publicKey)).toBe(true);
  expect(await openMessage(other, senderKey)).toBeNull();
});

test('padding that is not zeros, or a length past the end, opens nothing', async () => {
  const hidden = padPayload(payload);
  hidden[255] = 1;
  expect(await openMessage(await unruly(hidden), senderKey)).toBeNull();
  const long = padPayload(payload);
  long.set(u32(253));
  expect(await openMessage(await unruly(long), senderKey)).toBeNull();
});

test('plain kinds carry their body as it is, signed', async () => {
  const body = utf8('{"v":1}');
  const key = ada.devicePair.privateKey;
  for (const kind of [KIND.commit, KIND.membership, KIND.history]) {
    const envelope = parseEnvelope(await signPlain(kind, draft, body, key));
    expect(envelope.header.kind).toBe(kind);
    expect(envelope.body).toEqual(body);
    expect(await verifyEnvelope(envelope, ada.devicePair.publicKey)).toBe(true);
  }
});

test('a body past the limit is refused before it is sent, an envelope past it when it comes', async () => {
  const key = ada.devicePair.privateKey;
  expect(await refusal(() => sealMessage(draft, zeros(LIMITS.envelopeBytes), senderKey, key))).toBe(
    'too_large',
  );
  expect(await refusal(() => parseEnvelope(zeros(LIMITS.envelopeBytes + 1)))).toBe('too_large');
});

test('what is no envelope is refused with its reason', async () => {
  const change = (edit: (bytes: Bytes) => void): Bytes => {
    const bytes = sealed.slice();
    edit(bytes);
    return bytes;
  };
  const plainWithNonce = encodeHeader({
    ...draft,
    kind: 2,
    keyCommitment: zeros(32),
    nonce: randomBytes(12),
  });
  const cases: Record<string, Bytes> = {
    'too short': sealed.slice(0, HEADER_BYTES + SIGNATURE_BYTES),
    'does not begin with SOT1': change((b) => b.set(utf8('SOT2'))),
    'unknown suite 2': change((b) => b.fill(2, 4, 5)),
    'unknown kind 0': change((b) => b.fill(0, 5, 6)),
    'unknown kind 5': change((b) => b.fill(5, 5, 6)),
    'unknown flags': change((b) => b.fill(1, 7, 8)),
    'epoch is out of range': change((b) => b.fill(0xff, 24, 26)),
    'sender sequence is out of range': change((b) => b.fill(0xff, 80, 82)),
    'sender sequence begins at 1': change((b) => b.fill(0, 80, 88)),
    'head is out of range': change((b) => b.fill(0xff, 104, 106)),
    'time is out of range': change((b) => b.fill(0xff, 220, 222)),
    'the message id is no UUIDv7': change((b) => b.fill(0x40, 94, 95)),
    'a plain kind with a nonce': new Uint8Array([...plainWithNonce, 1, ...zeros(SIGNATURE_BYTES)]),
    'body length': new Uint8Array([...sealed.slice(0, HEADER_BYTES + 100), ...zeros(SIGNATURE_BYTES)]),
  };
  for (const [why, bytes] of Object.entries(cases)) {
    expect(() => parseEnvelope(bytes), why).toThrow(`(${why})`);
    expect(await refusal(() => parseEnvelope(bytes))).toBe('bad_envelope');
  }
});

test('a message body is a tag more than a positive multiple of 256', async () => {
  const withBody = (length: number) => concat(sealed.slice(0, HEADER_BYTES), zeros(length + SIGNATURE_BYTES));
  for (const length of [1, 15, 16, 17, 255, 256, 271, 273, 528 - 1]) {
    expect(await refusal(() => parseEnvelope(withBody(length))), `${length}`).toBe('bad_envelope');
  }
  for (const length of [272, 528])
    expect(await refusal(() => parseEnvelope(withBody(length)))).toBe('accepted');
});

test('every header comes back from its bytes', () => {
  const number = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
  const of = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
  const header = fc.record({
    room: of(16),
    epoch: number,
    commit: of(16),
    account: of(16),
    device: of(16),
    deviceSeq: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
    head: number,
    headHash: of(32),
    previous: of(32),
    keyCommitment: of(32),
    nonce: of(12),
    sentAt: number,
  });
  const tail = zeros(256 + 16 + SIGNATURE_BYTES);
  fc.assert(
    fc.property(header, (fields) => {
      const full = { ...fields, kind: KIND.message, id: draft.id } as Parameters<typeof encodeHeader>[0];
      expect(parseEnvelope(new Uint8Array([...encodeHeader(full), ...tail])).header).toEqual(full);
    }),
    { seed: SEED },
  );
});
