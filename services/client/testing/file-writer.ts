/** A process to be killed: writes batches without end and prints the number of each once it is kept. */
import { openFileStorage } from '../src/store/file.ts';

const [dir, from] = process.argv.slice(2) as [string, string];
const storage = await openFileStorage(dir);
for (let i = Number(from); ; i++) {
  // Several at once, as a client writes that has messages under way; each batch names its number in two tables.
  const batch = async (n: number) => {
    const value = { n, padding: new Uint8Array(n % 5000) };
    await storage.write([
      { table: 'entries', key: `${n}`, value },
      { table: 'writers', key: `${n}`, value },
      { table: 'meta', key: 'last', value: n },
      { table: 'rooms', key: 'last', value: n },
    ]);
    process.stdout.write(`${n}\n`);
  };
  await Promise.all([batch(3 * i), batch(3 * i + 1), batch(3 * i + 2)]);
}
