/**
 * What becomes readable after it was taken in: a granted key opens messages from before one's join, a late key those that were unreadable.
 * Such an entry must be the one whose digest the room chain has at its place, and be signed by a device of its sender.
 */
import {
  type BatchEntry,
  type Bytes,
  b64,
  DIGEST_BYTES,
  envelopeDigest,
  equal,
  hex,
  KIND,
  openHistoryGrant,
  parseEnvelope,
  parseHistoryGrant,
  verifyEnvelope,
  verifyKeyOf,
} from '@sotto/protocol';
import { Lie } from '../ledger/lie.ts';
import type { People } from '../people/people.ts';
import type { EntryRecord, HiddenRecord, UnreadableRecord } from '../timeline/record.ts';
import { refusedBy } from './causes.ts';
import type { RoomContext } from './context.ts';
import type { Epochs } from './epochs.ts';
import { openEntry } from './intake.ts';

/** Takes the secrets of a grant for this device. Answers the lowest sequence it opens, null where it is for somebody else. */
export async function takeGrant(
  ctx: Pick<RoomContext, 'account' | 'device' | 'unwrapKey'>,
  epochs: Epochs,
  room: Bytes,
  body: Bytes,
): Promise<number | null> {
  const grant = parseHistoryGrant(body);
  if (!equal(grant.to, ctx.account)) return null;
  const mine = grant.wraps.find((wrap) => equal(wrap.device, ctx.device));
  const key = mine === undefined ? undefined : ctx.unwrapKey(mine.keyId);
  if (mine === undefined || key === undefined) return null;
  const secrets = await openHistoryGrant(room, grant, ctx.device, mine.keyId, key);
  for (const { epoch, secret } of secrets ?? []) await epochs.put(epoch, secret);
  return grant.since;
}

export interface Reopened {
  readonly records: EntryRecord[];
  readonly lies: { lie: Lie; account: string | null }[];
}

/** Entries that were known by their digests, now in full. */
export async function openHidden(
  hidden: ReadonlyMap<number, HiddenRecord>,
  from: number,
  entries: readonly BatchEntry[],
  room: Bytes,
  people: People,
  epochs: Epochs,
): Promise<Reopened> {
  const out: Reopened = { records: [], lies: [] };
  for (const [i, { at, bytes }] of entries.entries()) {
    const seq = from + i;
    const record = hidden.get(seq);
    if (record === undefined || bytes.length === DIGEST_BYTES) continue;
    if (!equal(await envelopeDigest(bytes), record.digest as Bytes)) {
      const sentence = 'The server shows another earlier message than the one this room’s history names.';
      throw new Lie('history-forked', sentence, { room, seq, mine: record.digest, envelope: bytes });
    }
    const envelope = parseEnvelope(bytes);
    const { account, device, id, sentAt } = envelope.header;
    // Grants and the like from before: nothing to show.
    if (envelope.header.kind !== KIND.message) continue;
    const chain = await people.chain(account, 1);
    const spki = (
      chain.devices.get(hex(device)) ?? (await people.newest([account]))[0]?.devices.get(hex(device))
    )?.spki;
    const key = spki === undefined ? null : await verifyKeyOf(spki);
    if (key === null || !(await verifyEnvelope(envelope, key))) {
      const lie = new Lie('bad-signature', 'An earlier message was not signed by the device that it names.', {
        room,
        envelope: bytes,
      });
      out.lies.push({ lie, account: b64(account) });
      out.records.push({ kind: 'refused', seq, at, account: b64(account), unreadable: refusedBy(lie) });
      continue;
    }
    const signed = { seq, at, account: b64(account), device: b64(device), id: b64(id), sentAt };
    const opened = await openEntry(signed, envelope, epochs);
    out.records.push(opened.record);
    if (opened.lie !== null) out.lies.push({ lie: opened.lie, account: b64(account) });
  }
  return out;
}

/** Tries unreadable messages again whose key is here by now. */
export async function openUnreadable(
  unreadable: Iterable<UnreadableRecord>,
  epochs: Epochs,
): Promise<Reopened> {
  const out: Reopened = { records: [], lies: [] };
  for (const record of unreadable) {
    if (record.envelope === null || !epochs.has(record.epoch)) continue;
    const { kind: _k, unreadable: _u, envelope, epoch: _e, ...signed } = record;
    const opened = await openEntry(signed, parseEnvelope(envelope), epochs);
    if (opened.record.kind === 'unreadable' && opened.record.unreadable.cause === record.unreadable.cause)
      continue;
    out.records.push(opened.record);
    if (opened.lie !== null) out.lies.push({ lie: opened.lie, account: record.account });
  }
  return out;
}
