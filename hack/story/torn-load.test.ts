/**
 * A page is reloaded while its worker is still writing: what the next worker reads may be of two moments. It must be read again, not
 * taken for a lie of the server.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SottoClient, type Storage } from '@sotto/client';
import { memoryStorage } from '@sotto/client/memory';
import { unsafeKeys } from '@sotto/client/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Replica, startReplica } from '../lib/replica.ts';

type Writes = Parameters<Storage['write']>[0][];

const folder = mkdtempSync(join(tmpdir(), 'sotto-torn-'));
let replica: Replica;
beforeAll(async () => {
  replica = await startReplica({ dataDir: join(folder, 'data') });
});
afterAll(async () => {
  await replica.kill('SIGTERM');
  rmSync(folder, { recursive: true });
});

/** A storage that remembers every write. */
function recorded(writes: Writes): Storage {
  const storage = memoryStorage();
  return {
    ...storage,
    write: async (changes) => {
      await storage.write(changes);
      writes.push(changes);
    },
  };
}

/** What `writes` left, but for those from `late` on, which arrive while the writers' rows are read. */
async function torn(writes: Writes, late: number): Promise<Storage> {
  const storage = memoryStorage();
  for (const changes of writes.slice(0, late)) await storage.write(changes);
  let arrived = false;
  return {
    ...storage,
    list: async (table, prefix) => {
      if (table === 'writers' && !arrived) {
        arrived = true;
        for (const changes of writes.slice(late)) await storage.write(changes);
      }
      return storage.list(table, prefix);
    },
  };
}

const online = (client: SottoClient): Promise<void> =>
  new Promise((resolve) => {
    const look = () => client.connection().state === 'online' && resolve();
    client.on('connection', look);
    look();
  });

test('rows of two moments are read again', async () => {
  const writes: Writes = [];
  const open = (storage: Storage) => SottoClient.open({ url: replica.url, storage, keys: unsafeKeys(0) });
  const first = await open(recorded(writes));
  await first.signUp('dora', null);
  const room = await first.createRoom('Notes');
  for (const text of ['one', 'two', 'three']) {
    await first.acknowledged(room, await first.sendText(room, text));
  }
  await expect.poll(() => first.timeline(room).at(-1)?.text).toBe('three');
  await first.close();
  const logged = writes.flatMap((changes, i) =>
    changes.some(({ table }) => table === 'writers') ? [i] : [],
  );
  for (const late of logged.slice(-3)) {
    const client = await open(await torn(writes, late));
    await online(client);
    expect(client.alerts(), `torn at write ${late} of ${writes.length}`).toEqual([]);
    const texts = client.timeline(room).filter((item) => item.kind !== 'event');
    expect(texts.map((item) => item.text)).toEqual(['one', 'two', 'three']);
    await client.close();
  }
});
