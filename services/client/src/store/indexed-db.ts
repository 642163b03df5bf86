/**
 * The Storage port on IndexedDB, for browsers: one object store a table, keys as `CryptoKey`s that cannot be taken out again.
 */
import { openDB } from 'idb';
import { copyOf } from './plain.ts';
import { type Change, type Row, type Storage, TABLES, type Table } from './port.ts';

const VERSION = 1;

/**
 * The store under this name in this browser, made where there is none.
 *
 * @example
 * const client = await SottoClient.open({ url, storage: await openIndexedDbStorage('sotto') });
 */
export async function openIndexedDbStorage(name: string): Promise<Storage> {
  const db = await openDB(name, VERSION, {
    upgrade(database) {
      for (const table of TABLES) database.createObjectStore(table);
    },
    // Another tab with a newer version waits for this one to let go.
    blocking: () => db.close(),
  });

  /** Strict: Chromium resolves at the operating system's cache otherwise, and a power cut would take back what was kept. */
  const change = async (
    tables: Table[],
    work: (store: (table: Table) => Writable) => void,
  ): Promise<void> => {
    const tx = db.transaction(tables, 'readwrite', { durability: 'strict' });
    try {
      work((table) => tx.objectStore(table));
    } catch (error) {
      tx.abort();
      await tx.done.catch(() => {});
      throw error;
    }
    await tx.done;
  };

  return {
    exportsKeys: false,
    get: async <T>(table: Table, key: string) => (await db.get(table, key)) as T | undefined,
    async list<T>(table: Table, prefix = ''): Promise<Row<T>[]> {
      const range = prefix === '' ? null : IDBKeyRange.bound(prefix, after(prefix), false, true);
      const tx = db.transaction(table);
      const [keys, values] = await Promise.all([tx.store.getAllKeys(range), tx.store.getAll(range), tx.done]);
      return keys.map((key, i) => ({ key: String(key), value: values[i] as T }));
    },
    async write(changes: readonly Change[]): Promise<void> {
      if (changes.length === 0) return;
      const copies = changes.map((one) => ({ ...one, value: copyOf(one.value) }));
      await change([...new Set(copies.map(({ table }) => table))], (store) => {
        for (const { table, key, value } of copies) {
          // A request that fails aborts the transaction, which `change` reports.
          if (value === undefined)
            store(table)
              .delete(key)
              .catch(() => {});
          else
            store(table)
              .put(value, key)
              .catch(() => {});
        }
      });
    },
    clear: () =>
      change([...TABLES], (store) => {
        for (const table of TABLES)
          store(table)
            .clear()
            .catch(() => {});
      }),
    close: async () => db.close(),
  };
}

/** The first key behind all that begin with `prefix`, which must not end in U+FFFF. */
const after = (prefix: string): string =>
  prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1);

interface Writable {
  put(value: unknown, key: string): Promise<unknown>;
  delete(key: string): Promise<void>;
  clear(): Promise<void>;
}
