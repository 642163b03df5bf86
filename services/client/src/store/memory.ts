/** The Storage port in memory: for tests, and for what need not outlive the process. */
import { copyOf } from './plain.ts';
import type { Change, Row, Storage, Table } from './port.ts';

/**
 * A store that forgets everything with the process.
 *
 * @example
 * const client = await SottoClient.open({ url, storage: memoryStorage() });
 */
export function memoryStorage(): Storage {
  const tables = new Map<Table, Map<string, unknown>>();
  const rowsOf = (table: Table): Map<string, unknown> => {
    const rows = tables.get(table) ?? new Map<string, unknown>();
    tables.set(table, rows);
    return rows;
  };
  return {
    exportsKeys: false,
    get: async <T>(table: Table, key: string) => copyOf(rowsOf(table).get(key)) as T | undefined,
    async list<T>(table: Table, prefix = ''): Promise<Row<T>[]> {
      const keys = [...rowsOf(table).keys()].filter((key) => key.startsWith(prefix)).sort();
      return keys.map((key) => ({ key, value: copyOf(rowsOf(table).get(key)) as T }));
    },
    async write(changes: readonly Change[]): Promise<void> {
      // All copies first: one that fails must not leave half of the batch behind.
      const copies = changes.map((change) => ({ ...change, value: copyOf(change.value) }));
      for (const { table, key, value } of copies) {
        if (value === undefined) rowsOf(table).delete(key);
        else rowsOf(table).set(key, value);
      }
    },
    clear: async () => tables.clear(),
    close: async () => {},
  };
}
