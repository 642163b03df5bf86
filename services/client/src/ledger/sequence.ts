/** Order and completeness: the room's dense sequence, each device's own, and what members gossip of the chain. */
import { type Bytes, DIGEST_BYTES, type Envelope, equal, hex, isZero, parseEnvelope } from '@sotto/protocol';
import { Lie } from './lie.ts';
import type { Ledger } from './state.ts';

/** Throws a `Lie` where entry `seq` does not follow the ledger's newest. */
export function checkNext(ledger: Ledger, seq: number): void {
  if (seq === ledger.seq + 1) return;
  const evidence = { room: ledger.room, expected: ledger.seq + 1, got: seq };
  if (seq <= ledger.seq)
    throw new Lie('message-repeated', 'The server showed an entry a second time.', evidence);
  throw new Lie('message-dropped', 'The server left entries of this room out.', evidence);
}

function comesLater(envelope: Envelope, wanted: number, following: readonly Bytes[]): boolean {
  for (const bytes of following) {
    if (bytes.length === DIGEST_BYTES) continue;
    try {
      const { header } = parseEnvelope(bytes);
      if (equal(header.device, envelope.header.device) && header.deviceSeq === wanted) return true;
    } catch {
      // Judged when its turn comes.
    }
  }
  return false;
}

/**
 * Each device counts its envelopes and names the one before. Throws a `Lie`: `message-repeated`, `messages-swapped` (the missing one stands
 * among `following`), `message-dropped`. Where a newcomer got digests alone since a device's last, its next may have any later number.
 */
export function checkWriter(ledger: Ledger, envelope: Envelope, following: readonly Bytes[]): void {
  const { deviceSeq, previous, device } = envelope.header;
  const last = ledger.writers.get(hex(device));
  const hidden = ledger.hiddenAt > (last?.at ?? 0);
  if (hidden && deviceSeq > (last?.seq ?? 0)) return;
  const wanted = (last?.seq ?? 0) + 1;
  const evidence = { room: ledger.room, seq: ledger.seq + 1, envelope: envelope.bytes };
  if (deviceSeq < wanted)
    throw Lie.ofEntry('message-repeated', 'A message was shown a second time.', evidence);
  if (deviceSeq > wanted) {
    if (comesLater(envelope, wanted, following)) {
      throw new Lie(
        'messages-swapped',
        'Two messages of one person were shown in the wrong order.',
        evidence,
      );
    }
    throw new Lie('message-dropped', 'A message was withheld.', evidence);
  }
  const follows = last === undefined ? isZero(previous) : equal(previous, last.digest);
  if (!follows) throw new Lie('message-dropped', 'A message was replaced by another one.', evidence);
}

/** The sender signed what the room looked like to it. Throws `history-forked` where it looked otherwise here. */
export function checkGossip(ledger: Ledger, envelope: Envelope): void {
  const { head, headHash } = envelope.header;
  const mine = ledger.hashes.get(head);
  if (head <= ledger.seq && (mine === undefined || equal(mine, headHash))) return;
  const evidence = { room: ledger.room, envelope: envelope.bytes, ...(mine === undefined ? {} : { mine }) };
  throw new Lie('history-forked', 'This server shows different rooms to different people.', evidence);
}
