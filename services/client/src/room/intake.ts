/**
 * From entries as the server hands them out to records that the timeline shows: each is verified against the ledger, opened where this
 * device has the key, and named where it is not what it should be.
 */
import {
  type BatchEntry,
  type Bytes,
  b64,
  chainStep,
  DIGEST_BYTES,
  decodePayload,
  type Envelope,
  envelopeDigest,
  equal,
  hex,
  KIND,
  openMessage,
  parseEnvelope,
  parseHistoryGrant,
  verifyEnvelope,
  verifyKeyOf,
} from '@sotto/protocol';
import { type Applied, applyEntry, passOver, type Sources } from '../ledger/apply.ts';
import { Lie } from '../ledger/lie.ts';
import type { EpochState, Ledger } from '../ledger/state.ts';
import type { People } from '../people/people.ts';
import type { EntryRecord, MessageRecord, UnreadableRecord } from '../timeline/record.ts';
import { noKey, refusedBy, strangePayload, unopened } from './causes.ts';
import type { Epochs } from './epochs.ts';

export interface IntakeParts {
  readonly people: People;
  readonly epochs: Epochs;
  readonly account: Bytes;
  /** The recipients' list of an epoch, as the server tells it. */
  recipients(epoch: number): ReturnType<Sources['recipients']>;
  /** A commit was adopted; before any message under it is opened. */
  adopted(epoch: EpochState): Promise<void>;
}

export interface Taken {
  readonly ledger: Ledger;
  /** One for each entry that was new, in order. */
  readonly records: EntryRecord[];
  /** The chain behind each record. */
  readonly chains: Bytes[];
  /** Lies about single entries, which are passed over. */
  readonly lies: { lie: Lie; account: string | null }[];
  /** The lie at which the room stops; what was taken before it stands. */
  readonly halt: Lie | null;
}

/** Takes entries `from`, `from + 1`, … that overlap or follow the ledger. Rejects (with nothing taken) where the server cannot be asked. */
export async function takeIn(
  before: Ledger,
  from: number,
  entries: readonly BatchEntry[],
  parts: IntakeParts,
): Promise<Taken> {
  let ledger = before;
  const opening: Promise<{ record: EntryRecord; lie: Lie | null }>[] = [];
  const chains: Bytes[] = [];
  const lies: Taken['lies'] = [];
  const bytes = entries.map((entry) => entry.bytes);
  const ahead = verifyAhead(bytes, parts.people);
  let halt: Lie | null = null;
  for (const [i, entry] of entries.entries()) {
    const seq = from + i;
    try {
      if (seq <= ledger.seq) {
        await checkAgain(ledger, seq, entry.bytes);
        continue;
      }
      const applied = await applyEntry(
        ledger,
        seq,
        entry.bytes,
        bytes.slice(i + 1),
        sourcesAt(ledger, parts, ahead[i] ?? null),
      );
      if (applied.ledger.epoch !== null && applied.ledger.epoch !== ledger.epoch)
        await parts.adopted(applied.ledger.epoch);
      opening.push(recordOf(ledger, seq, entry, applied, parts.epochs));
      ledger = applied.ledger;
    } catch (error) {
      if (!(error instanceof Lie)) {
        // What is being opened is not awaited any more.
        for (const one of opening) one.catch(() => undefined);
        throw error;
      }
      if (!error.confined) {
        halt = error;
        break;
      }
      const account = senderOf(entry.bytes);
      lies.push({ lie: error, account });
      ledger = await passOver(ledger, seq, entry.bytes);
      const record = { kind: 'refused', seq, at: entry.at, account, unreadable: refusedBy(error) } as const;
      opening.push(Promise.resolve({ record, lie: null }));
    }
    chains.push(ledger.chain);
  }
  const opened = await Promise.all(opening);
  for (const { record, lie } of opened) {
    if (lie !== null) lies.push({ lie, account: 'account' in record ? record.account : null });
  }
  return { ledger, records: opened.map((o) => o.record), chains, lies, halt };
}

/** A verification that was begun before its turn, and the key that it was begun with. */
interface Ahead {
  readonly key: CryptoKey;
  readonly valid: boolean;
}

/** By place. Messages of known devices are verified at once: WebCrypto works on them side by side. */
function verifyAhead(all: readonly Bytes[], people: People): (Promise<Ahead | null> | null)[] {
  return all.map((bytes) => {
    if (bytes.length === DIGEST_BYTES) return null;
    let envelope: Envelope;
    try {
      envelope = parseEnvelope(bytes);
    } catch {
      // Judged in its turn.
      return null;
    }
    const device = people.known(b64(envelope.header.account))?.devices.get(hex(envelope.header.device));
    if (device === undefined || envelope.header.kind !== KIND.message) return null;
    const ahead = verifyKeyOf(device.spki).then(async (key) =>
      key === null ? null : { key, valid: await verifyEnvelope(envelope, key) },
    );
    ahead.catch(() => undefined);
    return ahead;
  });
}

function sourcesAt(ledger: Ledger, parts: IntakeParts, ahead: Promise<Ahead | null> | null): Sources {
  return {
    keyChain: (account, position) => parts.people.chain(account, position),
    refresh: async (accounts) => {
      await parts.people.newest(accounts);
    },
    // Who was no member then could not write under that epoch and cannot read what was: others audited it.
    recipients: async (epoch) =>
      ledger.membership?.members.has(hex(parts.account)) === true ? parts.recipients(epoch) : null,
    verify: async (envelope, key) => {
      const begun = await ahead;
      return begun?.key === key ? begun.valid : verifyEnvelope(envelope, key);
    },
  };
}

/** An entry that was there before must be the same one. */
async function checkAgain(ledger: Ledger, seq: number, bytes: Bytes): Promise<void> {
  const [before, then] = [ledger.hashes.get(seq - 1), ledger.hashes.get(seq)];
  if (before === undefined || then === undefined) return;
  const digest = bytes.length === DIGEST_BYTES ? bytes : await envelopeDigest(bytes);
  if (equal(await chainStep(before, seq, digest), then)) return;
  const evidence = { room: ledger.room, seq, mine: then, envelope: bytes };
  throw new Lie(
    'history-forked',
    'The server shows another entry in the place of one that it showed before.',
    evidence,
  );
}

function senderOf(bytes: Bytes): string | null {
  try {
    return b64(parseEnvelope(bytes).header.account);
  } catch {
    return null;
  }
}

async function recordOf(
  before: Ledger,
  seq: number,
  entry: BatchEntry,
  { envelope, statement }: Applied,
  epochs: Epochs,
): Promise<{ record: EntryRecord; lie: Lie | null }> {
  const { at } = entry;
  if (envelope === null) return { record: { kind: 'hidden', seq, at, digest: entry.bytes }, lie: null };
  const { account, device, id, sentAt, epoch } = envelope.header;
  const signed = { seq, at, account: b64(account), device: b64(device), id: b64(id), sentAt };
  if (statement !== null) {
    const invite = statement.type === 'member.join' ? statement.invite : null;
    const inviter = [...(before.membership?.invites.values() ?? [])].find(
      (i) => b64(i.invite) === invite,
    )?.inviter;
    const record = {
      ...signed,
      kind: 'statement',
      statement,
      inviter: inviter ? b64(inviter) : null,
    } as const;
    return { record, lie: null };
  }
  if (envelope.header.kind === KIND.commit)
    return { record: { ...signed, kind: 'commit', epoch }, lie: null };
  if (envelope.header.kind === KIND.history) {
    const { to, since } = parseHistoryGrant(envelope.body);
    return { record: { ...signed, kind: 'grant', to: b64(to), since }, lie: null };
  }
  return openEntry(signed, envelope, epochs);
}

/** A message opened, or why it cannot be. Rejects where the server must be asked for the key and cannot be now. */
export async function openEntry(
  signed: Omit<MessageRecord, 'kind' | 'payload'>,
  envelope: Envelope,
  epochs: Epochs,
): Promise<{ record: MessageRecord | UnreadableRecord; lie: Lie | null }> {
  const { epoch, device } = envelope.header;
  const unreadable = (why: UnreadableRecord['unreadable'], mayCome: boolean, lie: Lie | null = null) => {
    const kept = mayCome ? envelope.bytes : null;
    return {
      record: { ...signed, kind: 'unreadable' as const, epoch, unreadable: why, envelope: kept },
      lie,
    };
  };
  let key: Bytes | null;
  try {
    key = await epochs.senderKey(epoch, device);
  } catch (error) {
    if (!(error instanceof Lie)) throw error;
    return unreadable(refusedBy(error), true, error);
  }
  if (key === null) return unreadable(noKey, true);
  const opened = await openMessage(envelope, key);
  if (opened === null) return unreadable(unopened, false);
  const payload = decodePayload(opened);
  if (payload === null) return unreadable(strangePayload, true);
  return { record: { ...signed, kind: 'message', payload }, lie: null };
}
