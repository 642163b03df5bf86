/**
 * How log entries and envelopes travel (design section 7, "Arrays, always"): one binary blob per emit, never one message
 * each. Socket.IO sends every binary attachment as a message of its own, so many in one packet would cost as
 * much as many packets.
 */
import { type Bytes, concat, own, u32, u64 } from './bytes.ts';
import { SottoError } from './errors.ts';
import { LIMITS } from './limits.ts';

/** One entry of a room's log on the way to a client. */
export interface BatchEntry {
  /** The server's time of the append, ms since the Unix epoch. */
  readonly at: number;
  /** The envelope; or, where the reader may not have it, its 32-byte digest (enough for the room chain). */
  readonly bytes: Bytes;
}

export interface EntryBatch {
  /** The `read` call that this answers; 0 for live entries. */
  readonly request: number;
  readonly room: Bytes;
  /** Sequence of the first entry; the others follow densely. */
  readonly from: number;
  readonly entries: readonly BatchEntry[];
}

export const DIGEST_BYTES = 32;
const HEAD = 4 + 16 + 8;

/** u32 request || room || u64 from || (u64 at || u32 length || bytes) ... */
export function encodeEntries(batch: EntryBatch): Bytes {
  const parts: Uint8Array[] = [u32(batch.request), batch.room, u64(batch.from)];
  for (const entry of batch.entries) parts.push(u64(entry.at), u32(entry.bytes.length), entry.bytes);
  return concat(...parts);
}

/** Throws `bad_frame` on anything that is not a batch. */
export function decodeEntries(input: Uint8Array): EntryBatch {
  const blob = own(input);
  const view = new DataView(blob.buffer);
  const bad = () => new SottoError('bad_frame', 'entries');
  if (blob.length < HEAD) throw bad();
  const integer = (at: number): number => {
    const value = Number(view.getBigUint64(at));
    if (!Number.isSafeInteger(value)) throw bad();
    return value;
  };
  const entries: BatchEntry[] = [];
  let offset = HEAD;
  while (offset < blob.length) {
    if (offset + 12 > blob.length) throw bad();
    const length = view.getUint32(offset + 8);
    if (length > LIMITS.envelopeBytes || offset + 12 + length > blob.length) throw bad();
    entries.push({
      at: integer(offset),
      bytes: blob.slice(offset + 12, offset + 12 + length),
    });
    offset += 12 + length;
  }
  return {
    request: view.getUint32(0),
    room: blob.slice(4, 20),
    from: integer(20),
    entries,
  };
}

/** (u32 length || envelope) ... : what a client sends. */
export const encodeEnvelopes = (envelopes: readonly Bytes[]): Bytes =>
  concat(...envelopes.flatMap((e) => [u32(e.length), e]));

/** Throws `bad_frame` or, past `LIMITS.envelopesPerSend`, `too_large`. An oversized envelope is the caller's to refuse. */
export function decodeEnvelopes(input: Uint8Array): Bytes[] {
  const blob = own(input);
  const view = new DataView(blob.buffer);
  const out: Bytes[] = [];
  let offset = 0;
  while (offset < blob.length) {
    if (offset + 4 > blob.length) throw new SottoError('bad_frame', 'envelopes');
    const length = view.getUint32(offset);
    if (offset + 4 + length > blob.length) throw new SottoError('bad_frame', 'envelopes');
    if (out.length === LIMITS.envelopesPerSend) throw new SottoError('too_large', 'envelopes in one send');
    out.push(blob.slice(offset + 4, offset + 4 + length));
    offset += 4 + length;
  }
  if (out.length === 0) throw new SottoError('bad_frame', 'no envelope');
  return out;
}
