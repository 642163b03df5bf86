/** A room's log as it stands on the server: every entry, read with a bare client. */
import { type BatchEntry, type Bytes, b64, type EntryBatch, LIMITS, parseEnvelope } from '@sotto/protocol';
import type { BareClient } from './bare-client.ts';
import type { Logged } from './ledger.ts';

/** All entries of a room from its first on. */
export async function readLog(client: BareClient, room: Bytes): Promise<BatchEntry[]> {
  const entries: BatchEntry[] = [];
  const take = (batch: EntryBatch): void => {
    // Live entries (request 0) would come twice.
    if (batch.request !== 0 && batch.from === entries.length + 1) entries.push(...batch.entries);
  };
  client.onEntries(take);
  for (;;) {
    const from = entries.length + 1;
    const { head } = await client.call('read', { room: b64(room), from, limit: LIMITS.readEntries });
    if (entries.length >= head) return entries;
    if (entries.length < from)
      throw new Error(`the server gave nothing from ${from} on, and its head is ${head}`);
  }
}

/** The log as the judge wants it. */
export const logged = (entries: readonly BatchEntry[]): Logged[] =>
  entries.map(({ bytes }, i) => ({ seq: i + 1, id: b64(parseEnvelope(bytes).header.id) }));
