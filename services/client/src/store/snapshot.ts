/**
 * What a folder holds at one moment, for commands that only read while another process is the writer. Everything is read
 * at once: rows read one by one would be of different moments, and a client that compares them sees lies where there
 * are none.
 */
import { SottoError } from '@sotto/protocol';
import { openFileDatabase } from './file-database.ts';
import { decode } from './file-row.ts';
import { memoryStorage } from './memory.ts';
import type { Change, Storage, Table } from './port.ts';

/** All but the outbox: two senders of one device would break each other's sequence. */
const SQL = "SELECT place, key, value FROM kept WHERE place <> 'outbox'";

/**
 * A store that begins with what the file holds now, and keeps in memory what is written to it. It takes no new keys: one
 * that was published, and forgotten with the process, would be used by everybody else.
 */
export async function openFileSnapshot(dir: string): Promise<Storage> {
  const db = openFileDatabase(dir);
  let rows: { place: Table; key: string; value: Uint8Array }[];
  try {
    rows = db.prepare(SQL).all() as typeof rows;
  } finally {
    db.close();
  }
  const snapshot = memoryStorage();
  const changes = rows.map(async ({ place, key, value }) => ({
    table: place,
    key,
    value: await decode<unknown>(place, value),
  }));
  await snapshot.write(await Promise.all(changes));
  return {
    ...snapshot,
    async write(later: readonly Change[]): Promise<void> {
      if (later.some(({ table, value }) => table === 'keys' && value !== undefined)) {
        throw new SottoError('unavailable', 'another process is the writer of this home');
      }
      await snapshot.write(later);
    },
  };
}
