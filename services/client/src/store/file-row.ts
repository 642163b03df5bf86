/** A row as the file holds it. */
import { keyFromBytes, keyToBytes } from './file-key.ts';
import type { Change, Table } from './port.ts';
import { fromBytes, toBytes } from './serial.ts';

/** null removes the row. */
export interface FileRow {
  readonly table: Table;
  readonly key: string;
  readonly value: Uint8Array | null;
}

/** Plain values are taken as they are at the call; a key is on its way for a moment. */
export async function encode({ table, key, value }: Change): Promise<FileRow> {
  if (value === undefined) return { table, key, value: null };
  return { table, key, value: table === 'keys' ? await keyToBytes(value) : toBytes(value) };
}

export async function decode<T>(table: Table, value: Uint8Array): Promise<T> {
  return (table === 'keys' ? await keyFromBytes(value) : fromBytes(value)) as T;
}
