/** The project's own vectors of accounts and rooms, read as another implementation would: from the files alone. */
import { expect, test } from 'vitest';
import { decodeEntries, decodeEnvelopes, encodeEntries, encodeEnvelopes } from '../src/batch.ts';
import { b64, concat, fromB64, label, zeros } from '../src/bytes.ts';
import { serverIdOf } from '../src/channel.ts';
import { parseCommit, recipientLeaf, recipientOf } from '../src/commit.ts';
import { hkdf, importUnwrapKey, importVerifyKey, verify } from '../src/crypto.ts';
import {
  encodeHeader,
  envelopeDigest,
  openMessage,
  padPayload,
  parseEnvelope,
  verifyEnvelope,
} from '../src/envelope.ts';
import { secretCommitment, senderKeyOf, unwrapSecret } from '../src/epoch.ts';
import { SottoError } from '../src/errors.ts';
import { openHistoryGrant, parseHistoryGrant } from '../src/history.ts';
import {
  accountIdOf,
  deviceIdOf,
  fingerprintOf,
  handleCommitment,
  keyIdOf,
  roomIdOf,
} from '../src/identity.ts';
import { openInvite, parseInviteLink } from '../src/invite.ts';
import { extendKeyChain, type KeyChain, readKeyChain } from '../src/key-chain.ts';
import { applyMembership, joinProofBytes, type MembershipState, parseMembership } from '../src/membership.ts';
import { merkleTree, merkleVerify } from '../src/merkle.ts';
import { verifyReceipt } from '../src/receipt.ts';
import { chainStart, chainStep } from '../src/room-chain.ts';
import { refusal } from '../testing/refusal.ts';
import batch from './batch.json' with { type: 'json' };
import commit from './commit.json' with { type: 'json' };
import envelope from './envelope.json' with { type: 'json' };
import history from './history.json' with { type: 'json' };
import identity from './identity.json' with { type: 'json' };
import invite from './invite.json' with { type: 'json' };
import keyChain from './key-chain.json' with { type: 'json' };
import keys from './keys.json' with { type: 'json' };
import membership from './membership.json' with { type: 'json' };
import receipt from './receipt.json' with { type: 'json' };
import roomChain from './room-chain.json' with { type: 'json' };

const verifyKey = async (spki: string): Promise<CryptoKey> =>
  (await importVerifyKey(fromB64(spki))) as CryptoKey;
const unwrapKey = (pkcs8: string): Promise<CryptoKey> => importUnwrapKey(fromB64(pkcs8), false);

test('identity', async () => {
  const account = fromB64(identity.account);
  expect(b64(await accountIdOf(fromB64(identity.accountKey)))).toBe(identity.account);
  expect(b64(await fingerprintOf(fromB64(identity.accountKey)))).toBe(identity.fingerprint);
  expect(b64(await deviceIdOf(fromB64(identity.deviceKey)))).toBe(identity.device);
  expect(b64(await keyIdOf(fromB64(identity.encryptionKey)))).toBe(identity.keyId);
  expect(b64(await handleCommitment(account, identity.handle))).toBe(identity.handleCommitment);
  expect(b64(await roomIdOf(account, fromB64(identity.roomSalt)))).toBe(identity.room);
  expect(b64(await serverIdOf(fromB64(identity.serverSignKey)))).toBe(identity.server);
});

const statement = (s: { bytes: string; signature: string }) => ({
  bytes: fromB64(s.bytes),
  signature: fromB64(s.signature),
});

test('key chain', async () => {
  const all = keyChain.statements.map(statement);
  let chain: KeyChain | null = null;
  for (const one of all) chain = await extendKeyChain(chain, one);
  expect(chain).toEqual(await readKeyChain(null, all));
  expect(chain?.links.map(b64)).toEqual(keyChain.links);
  const devices = [...(chain?.devices.values() ?? [])].map((d) => ({
    device: b64(d.device),
    addedSeq: d.addedSeq,
    revokedSeq: d.revokedSeq,
    keys: d.keys.map((k) => ({ keyId: b64(k.keyId), number: k.number, seq: k.seq })),
  }));
  expect(devices).toEqual(keyChain.devices);
  const before = await readKeyChain(null, all.slice(0, keyChain.refused.after));
  for (const { what, code, statement: refused } of keyChain.refused.cases) {
    expect(await refusal(() => extendKeyChain(before, statement(refused))), what).toBe(code);
  }
});

test('envelope', async () => {
  const device = fromB64(envelope.header.device);
  const senderKey = await senderKeyOf(fromB64(envelope.epochSecret), fromB64(envelope.commitHash), device);
  expect(b64(senderKey)).toBe(envelope.senderKey);
  const both = await hkdf(senderKey, fromB64(envelope.header.id), label('sotto/1/message'), 64);
  expect(b64(both)).toBe(b64(concat(fromB64(envelope.messageKey), fromB64(envelope.header.keyCommitment))));
  const parsed = parseEnvelope(fromB64(envelope.envelope));
  const header = Object.fromEntries(
    Object.entries(parsed.header).map(([name, value]) => [
      name,
      typeof value === 'number' ? value : b64(value),
    ]),
  );
  expect(header).toEqual(envelope.header);
  expect(b64(encodeHeader(parsed.header))).toBe(envelope.headerBytes);
  expect(b64(parsed.body)).toBe(envelope.body);
  expect(b64(padPayload(fromB64(envelope.payload)))).toBe(envelope.padded);
  expect(await verifyEnvelope(parsed, await verifyKey(envelope.deviceKey))).toBe(true);
  expect(b64((await openMessage(parsed, senderKey)) ?? zeros(0))).toBe(envelope.payload);
  expect(b64(await envelopeDigest(parsed.bytes))).toBe(envelope.digest);
  for (const { what, code, envelope: text } of envelope.refused) {
    const judged = await refusal(async () => {
      const one = parseEnvelope(fromB64(text));
      if (!(await verifyEnvelope(one, await verifyKey(envelope.deviceKey))))
        throw new SottoError('bad_signature');
    });
    expect(judged, what).toBe(code);
  }
});

test('commit', async () => {
  const parsed = parseEnvelope(fromB64(commit.envelope));
  expect(b64(parsed.body)).toBe(commit.body);
  expect(b64(await envelopeDigest(parsed.bytes))).toBe(commit.commitHash);
  expect(await verifyEnvelope(parsed, await verifyKey(keys.people.ada.deviceKey.spki))).toBe(true);
  const body = parseCommit(parsed.body);
  expect(b64(body.root)).toBe(commit.root);
  expect(b64(await secretCommitment(fromB64(commit.secret)))).toBe(b64(body.commitment));
  const people = await Promise.all(
    Object.values(keys.people).map(async ({ encryptionKey }) => ({
      keyId: b64(await keyIdOf(fromB64(encryptionKey.spki))),
      key: await unwrapKey(encryptionKey.pkcs8),
    })),
  );
  for (const r of commit.recipients) {
    const wrap = { device: fromB64(r.device), keyId: fromB64(r.keyId), wrap: fromB64(r.wrap) };
    const leaf = await recipientLeaf(await recipientOf(wrap));
    expect(b64(leaf)).toBe(r.leaf);
    expect(await merkleVerify(leaf, r.index, r.size, r.path.map(fromB64), body.root)).toBe(true);
    const person = people.find((p) => p.keyId === r.keyId);
    const context = {
      room: fromB64(commit.room),
      epoch: commit.epoch,
      committer: fromB64(commit.committer),
      recipient: wrap.device,
      keyId: wrap.keyId,
      commitment: body.commitment,
    };
    const secret = await unwrapSecret(person?.key as CryptoKey, wrap.wrap, context);
    expect(b64(secret ?? zeros(0))).toBe(commit.secret);
  }
  const leaves = commit.recipients.map((r) => fromB64(r.leaf));
  expect(b64((await merkleTree(leaves)).root)).toBe(commit.root);
});

test('history grant', async () => {
  const grant = parseHistoryGrant(fromB64(history.body));
  const mine = grant.wraps[0] as (typeof grant.wraps)[number];
  const key = await unwrapKey(keys.people.bob.encryptionKey.pkcs8);
  const secrets = await openHistoryGrant(fromB64(history.room), grant, mine.device, mine.keyId, key);
  expect(secrets?.map((s) => ({ epoch: s.epoch, secret: b64(s.secret) }))).toEqual(history.secrets);
  expect([b64(grant.to), grant.since]).toEqual([history.to, history.since]);
});

test('room chain', async () => {
  let hash = await chainStart(fromB64(roomChain.room));
  expect(b64(hash)).toBe(roomChain.chain[0]);
  for (const [i, digest] of roomChain.digests.entries()) {
    hash = await chainStep(hash, i + 1, fromB64(digest));
    expect(b64(hash)).toBe(roomChain.chain[i + 1]);
  }
});

test('receipts', async () => {
  const key = await verifyKey(keys.server.signKey.spki);
  for (const r of receipt.receipts) {
    const one = {
      ...r,
      room: fromB64(r.room),
      chain: fromB64(r.chain),
      path: r.path.map(fromB64),
      signature: fromB64(r.signature),
    };
    expect(await verifyReceipt(one, key)).toBe(true);
    expect(await verifyReceipt({ ...one, seq: one.seq + 1 }, key)).toBe(false);
  }
});

test('batches', async () => {
  const { encoded, ...parts } = batch.entries;
  const decoded = decodeEntries(fromB64(encoded));
  expect({
    ...decoded,
    room: b64(decoded.room),
    entries: decoded.entries.map((e) => ({ at: e.at, bytes: b64(e.bytes) })),
  }).toEqual(parts);
  expect(b64(encodeEntries(decoded))).toBe(encoded);
  const envelopes = decodeEnvelopes(fromB64(batch.envelopes.encoded));
  expect(envelopes.map(b64)).toEqual(batch.envelopes.envelopes);
  expect(b64(encodeEnvelopes(envelopes))).toBe(batch.envelopes.encoded);
  for (const text of batch.refused)
    expect(await refusal(() => decodeEntries(fromB64(text)))).toBe('bad_frame');
});

test('membership', async () => {
  const apply = (
    before: MembershipState | null,
    e: { sender: string; seq: number; digest: string; body: string },
  ) => {
    const { statement: said, prev } = parseMembership(fromB64(e.body));
    const entry = {
      room: fromB64(membership.room),
      sender: fromB64(e.sender),
      seq: e.seq,
      digest: fromB64(e.digest),
    };
    return applyMembership(before, said, prev, entry);
  };
  let state: MembershipState | null = null;
  for (const entry of membership.entries) {
    state = await apply(state, entry);
    const seen = {
      hash: b64(state.hash),
      changedAt: state.changedAt,
      members: [...state.members.values()]
        .map((m) => ({ account: b64(m.account), role: m.role, chain: m.chain, since: m.since }))
        .sort((a, b) => (a.account < b.account ? -1 : 1)),
      invites: [...state.invites.values()].map((i) => ({ invite: b64(i.invite), usesLeft: i.usesLeft })),
    };
    expect(seen).toEqual(entry.state);
  }
  for (const refused of membership.refused) {
    expect(refused.code).not.toBe('accepted');
    expect(await refusal(() => apply(state, refused)), refused.what).toBe(refused.code);
  }
});

test('invite', async () => {
  const link = parseInviteLink(invite.link);
  expect(link && [b64(link.invite), b64(link.fingerprint), b64(link.secret)]).toEqual([
    invite.invite,
    invite.fingerprint,
    invite.secret,
  ]);
  const room = fromB64(invite.room);
  const opened = await openInvite(room, link as NonNullable<typeof link>, fromB64(invite.sealed));
  expect(opened?.preview).toEqual(invite.preview);
  const { account, fingerprint, signed, proof } = invite.join;
  const bytes = joinProofBytes(room, fromB64(invite.invite), fromB64(account), fromB64(fingerprint));
  expect(b64(bytes)).toBe(signed);
  expect(await verify(await verifyKey(invite.key), fromB64(proof), bytes)).toBe(true);
});
