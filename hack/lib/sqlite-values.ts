/** Every text and blob of a SQLite database, as bytes. */
import { DatabaseSync } from 'node:sqlite';

const MAGIC = Buffer.from('SQLite format 3\0', 'latin1');

/** Empty where the file is no SQLite database. The file must have no live writer. */
export function sqliteValues(file: string, content: Buffer): Buffer[] {
  if (!content.subarray(0, MAGIC.length).equals(MAGIC)) return [];
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    const values: Buffer[] = [];
    const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all();
    for (const { name } of tables) {
      for (const row of database.prepare(`SELECT * FROM "${String(name).replaceAll('"', '""')}"`).iterate()) {
        for (const value of Object.values(row)) {
          if (typeof value === 'string') values.push(Buffer.from(value));
          else if (value instanceof Uint8Array) values.push(Buffer.from(value));
        }
      }
    }
    return values;
  } finally {
    database.close();
  }
}
