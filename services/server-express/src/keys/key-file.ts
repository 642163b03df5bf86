/** Server keys in a file of the data folder: made at the first start, readable by its owner alone, never overwritten. */
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { link, open, readFile, unlink } from 'node:fs/promises';
import { b64, fromB64 } from '@sotto/protocol';
import { StartFault } from '../start-fault.ts';
import { type KeyMaterial, newKeyMaterial } from './server-keys.ts';

interface KeyFile {
  version: 1;
  createdAt: string;
  signing: { pkcs8: string; spki: string };
  encryption: { pkcs8: string; spki: string };
  storage: string;
}

function parse(text: string): KeyMaterial {
  const file = JSON.parse(text) as KeyFile;
  if (file.version !== 1) throw new TypeError('unknown version');
  const pair = (p: KeyFile['signing']) => ({ pkcs8: fromB64(p.pkcs8), spki: fromB64(p.spki) });
  return { signing: pair(file.signing), encryption: pair(file.encryption), storage: fromB64(file.storage) };
}

function format(material: KeyMaterial, createdAt: Date): string {
  const pair = (p: KeyMaterial['signing']) => ({ pkcs8: b64(p.pkcs8), spki: b64(p.spki) });
  const file: KeyFile = {
    version: 1,
    createdAt: createdAt.toISOString(),
    signing: pair(material.signing),
    encryption: pair(material.encryption),
    storage: b64(material.storage),
  };
  return `${JSON.stringify(file, null, 2)}\n`;
}

/**
 * Writes and fsyncs under another name, then links: a crash leaves a whole file or none, and an existing one stays. Of
 * several replicas that begin at once one is the first, and all others use its keys.
 */
async function writeOnce(path: string, text: string): Promise<void> {
  const temporary = `${path}.${randomUUID()}.new`;
  const file = await open(temporary, 'wx', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  try {
    await link(temporary, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await unlink(temporary);
  }
}

/**
 * The keys of `path`, made where there is none. `database` is the file whose contents need them, null where they lie elsewhere
 * (see `claimRedis`): where it exists and the keys do not, new ones would make every stored handle unreadable, so that is a
 * `StartFault`, as is a damaged file or one that cannot be made.
 */
export async function keyFile(path: string, database: string | null): Promise<KeyMaterial> {
  if (!existsSync(path)) {
    if (database !== null && existsSync(database)) {
      throw new StartFault(
        `The server keys ${path} are missing although ${database} exists; restore them from a backup.`,
      );
    }
    try {
      await writeOnce(path, format(await newKeyMaterial(), new Date()));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      throw new StartFault(`The server keys ${path} cannot be made (${code}).`);
    }
  }
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new StartFault(`The server keys ${path} cannot be read (${code}).`);
  }
  try {
    return parse(text);
  } catch {
    // What went wrong is not told: a parser's message quotes what it read, and that is a key.
    throw new StartFault(`The server keys ${path} are damaged; restore them from a backup.`);
  }
}
