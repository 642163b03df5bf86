/**
 * Writes `vectors/worked-example/`: the first four entries of a room, as PROTOCOL.md takes them apart with openssl. Prints what
 * the document must say. Signatures and nonces are random: after a new run the document's figures must be written anew.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { type Bytes, b64, zeros } from '../src/bytes.ts';
import { encodeCommit, makeEpoch, recipientLeaf, recipientOf } from '../src/commit.ts';
import { exportPkcs8, exportSpki, sha256 } from '../src/crypto.ts';
import { type DraftHeader, type Kind, sealMessage, signPlain } from '../src/envelope.ts';
import { senderKeyOf } from '../src/epoch.ts';
import { recipientKeysAt } from '../src/key-chain.ts';
import {
  applyMembership,
  encodeMembership,
  type MembershipState,
  type MembershipStatement,
} from '../src/membership.ts';
import { merkleTree } from '../src/merkle.ts';
import { encodePayload } from '../src/payload.ts';
import { chainStart, chainStep } from '../src/room-chain.ts';
import { UNSAFE_TIME } from '../testing/unsafe-person.ts';
import { ada, bob, fixedId, pointOf, room, roomSalt } from './vectors/cast.ts';

const folder = new URL('../vectors/worked-example/', import.meta.url);
mkdirSync(folder, { recursive: true });
const write = (name: string, content: Uint8Array | string): void =>
  writeFileSync(new URL(name, folder), content);

const pem = (kind: 'PUBLIC' | 'PRIVATE', der: Uint8Array): string => {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${kind} KEY-----`, ...lines, `-----END ${kind} KEY-----`, ''].join('\n');
};

write('ada-account.pem', pem('PUBLIC', await exportSpki(ada.accountPair.publicKey)));
write('ada-device.pem', pem('PUBLIC', await exportSpki(ada.devicePair.publicKey)));
write('bob-encryption-UNSAFE.pem', pem('PRIVATE', await exportPkcs8(bob.encryptionPair.privateKey)));
for (const [i, statement] of ada.statements.entries()) {
  write(`statement-${i + 1}.json`, statement.bytes);
  write(`statement-${i + 1}.sig`, statement.signature);
}

/** Ada's device writes all four entries. */
let previous: Bytes = zeros(32);
let headHash = await chainStart(room);
let seq = 0;
async function append(
  seal: (draft: DraftHeader) => Promise<Bytes>,
  epoch: number,
  commit: Bytes,
): Promise<Bytes> {
  const draft: DraftHeader = {
    room,
    epoch,
    commit: commit.slice(0, 16),
    account: ada.account,
    device: ada.device,
    deviceSeq: seq + 1,
    id: await fixedId(`worked example ${seq + 1}`, UNSAFE_TIME + seq),
    head: seq,
    headHash,
    previous,
    sentAt: UNSAFE_TIME + seq,
  };
  const bytes = await seal(draft);
  seq++;
  previous = await sha256(bytes);
  headHash = await chainStep(headHash, seq, previous);
  write(`entry-${seq}.bin`, bytes);
  return previous;
}

const plain = (kind: Exclude<Kind, 1>, body: Bytes) => (draft: DraftHeader) =>
  signPlain(kind, draft, body, ada.devicePair.privateKey);

let state: MembershipState | null = null;
async function say(statement: MembershipStatement): Promise<void> {
  const body = encodeMembership(state, statement);
  const link = state === null ? zeros(32) : state.hash;
  const digest = await append(plain(3, body), 0, zeros(32));
  state = await applyMembership(state, statement, link, { room, sender: ada.account, seq, digest });
}

await say({ type: 'room.create', salt: b64(roomSalt), chain: pointOf(ada) });
await say({ type: 'member.add', account: b64(bob.account), role: 'member', chain: pointOf(bob) });

const recipients = [ada, bob].flatMap((person) => recipientKeysAt(person.chain, 3));
const membership = (state as MembershipState | null)?.hash ?? zeros(32);
const followsOn = { room, epoch: 1, previous: zeros(32), membership, committer: ada.device };
const made = await makeEpoch(followsOn, recipients);
const commitHash = await append(plain(2, encodeCommit(made.body)), 1, zeros(32));

const index = made.wraps.findIndex((wrap) => b64(wrap.device) === b64(bob.device));
const leaves = await Promise.all(made.wraps.map(async (wrap) => recipientLeaf(await recipientOf(wrap))));
write('bob-wrap.bin', (made.wraps[index] as { wrap: Bytes }).wrap);
write('bob-sibling.bin', (await merkleTree(leaves)).path(index)[0] as Bytes);

const payload = encodePayload({ kind: 'text', text: 'The kettle is on. ☕' });
const senderKey = await senderKeyOf(made.secret, commitHash, ada.device);
await append((draft) => sealMessage(draft, payload, senderKey, ada.devicePair.privateKey), 1, commitHash);
console.log(`Bob's leaf is ${index === 0 ? 'the left' : 'the right'} one of two.`);
