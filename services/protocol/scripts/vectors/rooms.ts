/** envelope.json, commit.json, history.json, room-chain.json, receipt.json, batch.json. */
import { encodeEntries, encodeEnvelopes } from '../../src/batch.ts';
import { type Bytes, b64, concat, label, utf8, zeros } from '../../src/bytes.ts';
import { encodeCommit, makeEpoch, recipientLeaf, recipientOf } from '../../src/commit.ts';
import { hkdf } from '../../src/crypto.ts';
import {
  type DraftHeader,
  envelopeDigest,
  KIND,
  padPayload,
  parseEnvelope,
  sealMessage,
  signPlain,
} from '../../src/envelope.ts';
import { senderKeyOf } from '../../src/epoch.ts';
import { encodeHistoryGrant } from '../../src/history.ts';
import { recipientKeysAt } from '../../src/key-chain.ts';
import { merkleTree } from '../../src/merkle.ts';
import { encodePayload } from '../../src/payload.ts';
import { signReceipts } from '../../src/receipt.ts';
import { chainStart, chainStep } from '../../src/room-chain.ts';
import { UNSAFE_TIME } from '../../testing/unsafe-person.ts';
import { ada, bob, eve, fixed, fixedId, room, secret, server } from './cast.ts';

const draft = async (of: Partial<DraftHeader> = {}): Promise<DraftHeader> => ({
  room,
  epoch: 1,
  commit: (await fixed('commit hash', 32)).slice(0, 16),
  account: ada.account,
  device: ada.device,
  deviceSeq: 3,
  id: await fixedId('message'),
  head: 2,
  headHash: await fixed('head hash', 32),
  previous: await fixed('previous', 32),
  sentAt: UNSAFE_TIME,
  ...of,
});

export async function envelope() {
  const header = await draft();
  const commitHash = await fixed('commit hash', 32);
  const payload = encodePayload({ kind: 'text', text: 'Good morning ☀️ שלום' });
  const senderKey = await senderKeyOf(secret, commitHash, ada.device);
  const both = await hkdf(senderKey, header.id, label('sotto/1/message'), 64);
  const bytes = await sealMessage(header, payload, senderKey, ada.devicePair.privateKey);
  const parsed = parseEnvelope(bytes);
  const flip = (bit: number): Bytes => {
    const changed = bytes.slice();
    changed[bit >> 3] = (changed[bit >> 3] as number) ^ (0x80 >> (bit & 7));
    return changed;
  };
  const at = (what: string, code: string, changed: Bytes) => ({ what, code, envelope: b64(changed) });
  return {
    epochSecret: b64(secret),
    commitHash: b64(commitHash),
    header: {
      kind: 1,
      room: b64(header.room),
      epoch: header.epoch,
      commit: b64(header.commit),
      account: b64(header.account),
      device: b64(header.device),
      deviceSeq: header.deviceSeq,
      id: b64(header.id),
      head: header.head,
      headHash: b64(header.headHash),
      previous: b64(header.previous),
      keyCommitment: b64(parsed.header.keyCommitment),
      nonce: b64(parsed.header.nonce),
      sentAt: header.sentAt,
    },
    senderKey: b64(senderKey),
    messageKey: b64(both.slice(0, 32)),
    payload: b64(payload),
    padded: b64(padPayload(payload)),
    headerBytes: b64(parsed.headerBytes),
    body: b64(parsed.body),
    signature: b64(parsed.signature),
    envelope: b64(bytes),
    digest: b64(await envelopeDigest(bytes)),
    deviceKey: b64(ada.deviceSpki),
    refused: [
      at('another magic', 'bad_envelope', flip(5)),
      at('an unknown suite', 'bad_envelope', flip(39)),
      at('an unknown kind', 'bad_envelope', flip(40)),
      at('flags', 'bad_envelope', flip(63)),
      at('an epoch past 2^53', 'bad_envelope', flip(24 * 8)),
      at('a changed room', 'bad_signature', flip(8 * 8)),
      at('a changed nonce', 'bad_signature', flip(208 * 8)),
      at('a changed body', 'bad_signature', flip(300 * 8)),
      at('a changed signature', 'bad_signature', flip(bytes.length * 8 - 1)),
      at('cut short', 'bad_envelope', bytes.slice(0, -1)),
    ],
  };
}

export async function commit() {
  const people = [ada, bob, eve];
  const recipients = people.flatMap((p) => recipientKeysAt(p.chain, 3));
  const followsOn = {
    room,
    epoch: 1,
    previous: zeros(32),
    membership: await fixed('membership', 32),
    committer: ada.device,
  };
  const made = await makeEpoch(followsOn, recipients);
  const leaves = await Promise.all(made.wraps.map(async (w) => recipientLeaf(await recipientOf(w))));
  const tree = await merkleTree(leaves);
  const body = encodeCommit(made.body);
  const header = await draft({
    epoch: 1,
    commit: zeros(16),
    deviceSeq: 2,
    head: 1,
    id: await fixedId('commit'),
  });
  const bytes = await signPlain(KIND.commit, header, body, ada.devicePair.privateKey);
  return {
    room: b64(room),
    epoch: 1,
    committer: b64(ada.device),
    secret: b64(made.secret),
    commitment: b64(made.body.commitment),
    membership: b64(made.body.membership),
    body: b64(body),
    envelope: b64(bytes),
    commitHash: b64(await envelopeDigest(bytes)),
    root: b64(made.body.root),
    recipients: made.wraps.map((w, index) => ({
      device: b64(w.device),
      keyId: b64(w.keyId),
      wrap: b64(w.wrap),
      leaf: b64(leaves[index] as Bytes),
      index,
      size: tree.size,
      path: tree.path(index).map(b64),
    })),
  };
}

export async function history() {
  const secrets = [
    { epoch: 1, secret },
    { epoch: 2, secret: await fixed('second secret', 32) },
  ];
  const body = await encodeHistoryGrant(room, bob.account, 3, secrets, recipientKeysAt(bob.chain, 3));
  return {
    room: b64(room),
    to: b64(bob.account),
    since: 3,
    body: b64(body),
    secrets: secrets.map((s) => ({ epoch: s.epoch, secret: b64(s.secret) })),
  };
}

export async function roomChain() {
  const digests = await Promise.all([1, 2, 3, 4].map((n) => fixed(`entry ${n}`, 32)));
  const chain = [await chainStart(room)];
  for (const [i, digest] of digests.entries()) chain.push(await chainStep(chain[i] as Bytes, i + 1, digest));
  return { room: b64(room), digests: digests.map(b64), chain: chain.map(b64) };
}

export async function receipt() {
  const heads = await Promise.all(
    [1, 2, 3, 4, 5].map(async (n) => ({
      room: await fixed(`room ${n}`, 16),
      seq: 100 * n,
      chain: await fixed(`chain ${n}`, 32),
    })),
  );
  const receipts = await signReceipts(heads, server.sign.privateKey, UNSAFE_TIME);
  return {
    at: UNSAFE_TIME,
    receipts: receipts.map((r) => ({
      room: b64(r.room),
      seq: r.seq,
      chain: b64(r.chain),
      at: r.at,
      index: r.index,
      size: r.size,
      path: r.path.map(b64),
      signature: b64(r.signature),
    })),
  };
}

export async function batch() {
  const entries = [
    { at: UNSAFE_TIME, bytes: await fixed('entry', 700) },
    { at: UNSAFE_TIME + 1, bytes: await fixed('digest', 32) },
  ];
  const value = { request: 7, room, from: 12, entries };
  const envelopes = [utf8('one'), await fixed('two', 40)];
  return {
    entries: {
      request: 7,
      room: b64(room),
      from: 12,
      entries: entries.map((e) => ({ at: e.at, bytes: b64(e.bytes) })),
      encoded: b64(encodeEntries(value)),
    },
    envelopes: { envelopes: envelopes.map(b64), encoded: b64(encodeEnvelopes(envelopes)) },
    refused: [b64(encodeEntries(value).slice(0, -1)), b64(concat(encodeEntries(value), zeros(11)))],
  };
}
