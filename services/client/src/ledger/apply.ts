/** One entry more: every rule for receivers of design section 6, in the order in which they can be checked. */
import {
  applyMembership,
  type Bytes,
  type CommitBody,
  chainStep,
  DIGEST_BYTES,
  type Envelope,
  envelopeDigest,
  equal,
  fromB64,
  hex,
  isLiveAt,
  type KeyChain,
  KIND,
  type MembershipState,
  type MembershipStatement,
  parseCommit,
  parseEnvelope,
  parseMembership,
  type Recipient,
  verifyKeyOf,
} from '@sotto/protocol';
import { auditCommit } from './audit.ts';
import { Lie } from './lie.ts';
import { checkGossip, checkNext, checkWriter } from './sequence.ts';
import type { EpochState, Ledger } from './state.ts';

/** What the checks need from outside; each may fetch, each verifies what it fetches. */
export interface Sources {
  /** The account's verified key chain, known at least up to position `seq`. */
  keyChain(account: Bytes, seq: number): Promise<KeyChain>;
  /** Takes in all that the server has of these chains now: a committer may have known newer keys than the log names. */
  refresh(accounts: readonly Bytes[]): Promise<void>;
  /** The recipients' list of an epoch, as the server tells it; null for epochs from before one's own time. */
  recipients(epoch: number): Promise<Recipient[] | null>;
  /** `verifyEnvelope`, or what was verified ahead, side by side with others. */
  verify(envelope: Envelope, deviceKey: CryptoKey): Promise<boolean>;
}

export interface Applied {
  readonly ledger: Ledger;
  /** null where only the digest is known. */
  readonly envelope: Envelope | null;
  /** Of kind 3. */
  readonly statement: MembershipStatement | null;
}

/**
 * Checks entry `seq` and returns the ledger with it. `bytes` is the envelope, or its digest where this member may not have it;
 * `following` are the entries behind it in the same batch. Throws `Lie`; the ledger given stays as it was.
 */
export async function applyEntry(
  ledger: Ledger,
  seq: number,
  bytes: Bytes,
  following: readonly Bytes[],
  sources: Sources,
): Promise<Applied> {
  checkNext(ledger, seq);
  const isHidden = bytes.length === DIGEST_BYTES;
  const digest = isHidden ? bytes : await envelopeDigest(bytes);
  const chain = await chainStep(ledger.chain, seq, digest);
  const advanced = { ...ledger, seq, chain, hashes: ledger.hashes.with(seq, chain) };
  if (isHidden) return { ledger: { ...advanced, hiddenAt: seq }, envelope: null, statement: null };
  const envelope = parse(ledger, bytes);
  const read = envelope.header.kind === KIND.membership ? parseStatement(ledger, envelope) : null;
  await checkSender(ledger, envelope, read?.statement ?? null, sources);
  checkWriter(ledger, envelope, following);
  checkGossip(ledger, envelope);
  const writers = new Map(ledger.writers);
  writers.set(hex(envelope.header.device), { seq: envelope.header.deviceSeq, digest, at: seq });
  const next = { ...advanced, writers };
  if (envelope.header.kind === KIND.commit) {
    return {
      ledger: { ...next, epoch: await adopt(ledger, seq, envelope, digest, sources) },
      envelope,
      statement: null,
    };
  }
  checkEpoch(ledger, envelope);
  if (read === null) return { ledger: next, envelope, statement: null };
  const entry = { room: ledger.room, sender: envelope.header.account, seq, digest };
  let membership: MembershipState;
  try {
    membership = await applyMembership(ledger.membership, read.statement, read.prev, entry);
  } catch (error) {
    const sentence = `Somebody changed the members without being entitled to: ${(error as Error).message}`;
    throw Lie.ofEntry('ghost-member', sentence, { room: ledger.room, envelope: bytes });
  }
  return { ledger: { ...next, membership }, envelope, statement: read.statement };
}

/** The ledger behind an entry that was refused: its place in the chain counts, what it says does not. */
export async function passOver(ledger: Ledger, seq: number, bytes: Bytes): Promise<Ledger> {
  const digest = bytes.length === DIGEST_BYTES ? bytes : await envelopeDigest(bytes);
  const chain = await chainStep(ledger.chain, seq, digest);
  return { ...ledger, seq, chain, hashes: ledger.hashes.with(seq, chain) };
}

function parse(ledger: Ledger, bytes: Bytes): Envelope {
  try {
    const envelope = parseEnvelope(bytes);
    if (equal(envelope.header.room, ledger.room)) return envelope;
  } catch {
    // Said below: what the server stored as an entry is none.
  }
  throw Lie.ofEntry('bad-signature', 'The server showed something that no member wrote for this room.', {
    room: ledger.room,
    envelope: bytes,
  });
}

function parseStatement(ledger: Ledger, envelope: Envelope): ReturnType<typeof parseMembership> {
  try {
    return parseMembership(envelope.body);
  } catch (error) {
    const evidence = { room: ledger.room, envelope: envelope.bytes };
    throw Lie.ofEntry(
      'ghost-member',
      `A statement about members cannot be read: ${(error as Error).message}`,
      evidence,
    );
  }
}

/** The sender's membership, its device's admission and its signature. */
async function checkSender(
  ledger: Ledger,
  envelope: Envelope,
  statement: MembershipStatement | null,
  sources: Sources,
): Promise<void> {
  const { account, device } = envelope.header;
  const evidence = { room: ledger.room, envelope: envelope.bytes };
  const member = ledger.membership?.members.get(hex(account));
  const enters = statement?.type === 'room.create' || statement?.type === 'member.join';
  if (member === undefined && !enters) {
    const wrote = ledger.writers.has(hex(device));
    if (wrote)
      throw Lie.ofEntry(
        'removed-member',
        'Somebody who was removed is still let in by the server.',
        evidence,
      );
    throw Lie.ofEntry('ghost-member', 'Somebody who is no member wrote into this room.', evidence);
  }
  // A statement that names the sender's own key chain is made under that position, so that a new device can announce itself.
  const announced = enters || statement?.type === 'member.keys' ? statement.chain : null;
  const position = announced?.seq ?? (member as { chain: { seq: number } }).chain.seq;
  const chain = await sources.keyChain(account, position);
  await checkNamedChains(statement, sources, chain, evidence);
  const found = chain.devices.get(hex(device));
  if (found === undefined || !isLiveAt(chain, device, position)) {
    throw Lie.ofEntry(
      'ghost-device',
      'A device that this member did not admit wrote into this room.',
      evidence,
    );
  }
  const key = await verifyKeyOf(found.spki);
  if (key === null || !(await sources.verify(envelope, key))) {
    throw Lie.ofEntry('bad-signature', 'A message was not signed by the device that it names.', evidence);
  }
}

/** The key-chain positions that a statement names must be those of the chains themselves. */
async function checkNamedChains(
  statement: MembershipStatement | null,
  sources: Sources,
  sender: KeyChain,
  evidence: Record<string, Bytes>,
): Promise<void> {
  if (statement === null || !('chain' in statement)) return;
  const { seq, hash } = statement.chain;
  const chain =
    statement.type === 'member.add' ? await sources.keyChain(fromB64(statement.account), seq) : sender;
  const link = chain.links[seq - 1];
  if (link === undefined || !equal(link, fromB64(hash))) {
    throw new Lie('key-chain-rollback', 'A member’s key list is not the one that the room knows.', evidence);
  }
  if (statement.type === 'member.join' && !equal(fromB64(statement.fingerprint), chain.fingerprint)) {
    throw Lie.ofEntry('ghost-member', 'Somebody joined under another person’s account key.', evidence);
  }
}

/** Kinds 1, 3 and 4 are under the epoch in force; no message goes before a commit that is due. */
function checkEpoch(ledger: Ledger, envelope: Envelope): void {
  const { kind, epoch, commit } = envelope.header;
  const inForce = ledger.epoch;
  const isCurrent =
    epoch === (inForce?.number ?? 0) && (inForce === null || equal(commit, inForce.hash.subarray(0, 16)));
  const isDue =
    kind === KIND.message && (inForce === null || (ledger.membership?.changedAt ?? 0) > inForce.seq);
  if (isCurrent && !isDue) return;
  const evidence = { room: ledger.room, envelope: envelope.bytes };
  throw Lie.ofEntry('old-epoch', 'A message was let in under keys that were no longer in force.', evidence);
}

async function adopt(
  ledger: Ledger,
  seq: number,
  envelope: Envelope,
  hash: Bytes,
  sources: Sources,
): Promise<EpochState> {
  const evidence = { room: ledger.room, envelope: envelope.bytes };
  const { membership, epoch } = ledger;
  const body = parseBody(envelope, evidence);
  const previous = epoch?.hash ?? new Uint8Array(32);
  const follows =
    body.epoch === (epoch?.number ?? 0) + 1 &&
    body.epoch === envelope.header.epoch &&
    equal(body.previous, previous);
  if (membership === null || !follows || !equal(body.membership, membership.hash)) {
    throw new Lie(
      'planted-room-key',
      'A room key was made that does not follow from this room’s history.',
      evidence,
    );
  }
  await audit(body, membership, sources);
  return { number: body.epoch, hash, seq, committer: envelope.header.device, body };
}

function parseBody(envelope: Envelope, evidence: Record<string, Bytes>): CommitBody {
  try {
    return parseCommit(envelope.body);
  } catch (error) {
    throw new Lie(
      'planted-room-key',
      `A room key was made that cannot be read: ${(error as Error).message}`,
      evidence,
    );
  }
}

async function audit(body: CommitBody, membership: MembershipState, sources: Sources): Promise<void> {
  const recipients = await sources.recipients(body.epoch);
  if (recipients === null) return;
  const members = [...membership.members];
  const known = async (): Promise<Map<string, KeyChain>> =>
    new Map(
      await Promise.all(
        members.map(
          async ([id, m]) => [id, await sources.keyChain(m.account, m.chain.seq)] as [string, KeyChain],
        ),
      ),
    );
  try {
    await auditCommit(body, membership, recipients, await known());
  } catch (error) {
    if (!(error instanceof Lie)) throw error;
    // Before anybody is accused: what looks like a ghost may be a device that was admitted a moment ago.
    await sources.refresh(members.map(([, member]) => member.account));
    await auditCommit(body, membership, recipients, await known());
  }
}
