/**
 * A member that was away for 10,000 messages comes back: every entry read, verified, opened, kept on the disk and in the timeline. As a ratio
 * to the verifications that it cannot do without, measured in the same run. No asserts.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SottoClient } from '@sotto/client';
import { randomBytes, sign, verify } from '@sotto/protocol';
import { unsafeSigningPair } from '@sotto/protocol/testing';
import { openFileClient } from '../lib/file-client.ts';
import { startReplica } from '../lib/replica.ts';
import { printTable } from './table.ts';

const MESSAGES = 10_000;

/** Ms for so many verifications, all under way at once. */
async function verifications(count: number): Promise<number> {
  const { privateKey, publicKey } = await unsafeSigningPair(0);
  const message = randomBytes(80);
  const signature = await sign(privateKey, message);
  const begun = performance.now();
  await Promise.all(Array.from({ length: count }, () => verify(publicKey, signature, message)));
  return performance.now() - begun;
}

function online(client: SottoClient): Promise<void> {
  if (client.connection().state === 'online') return Promise.resolve();
  return new Promise((resolve) => {
    client.on('connection', ({ state }) => state === 'online' && resolve());
  });
}

const folder = mkdtempSync(join(tmpdir(), 'sotto-catch-up-'));
const replica = await startReplica({ dataDir: join(folder, 'data'), env: { SOTTO_LOG_LEVEL: 'warn' } });
try {
  const open = (name: string, i: number) => openFileClient(replica.url, join(folder, name), i);
  const writer = await open('writer', 0);
  await writer.signUp('writer', null);
  let away = await open('away', 1);
  await away.signUp('away', null);
  const room = await writer.createRoom('Long');
  await away.join(await writer.invite(room));
  await away.close();
  const filling = performance.now();
  const ids = Array.from({ length: MESSAGES }, (_, i) =>
    writer.sendText(room, `Message ${i} of ordinary length.`),
  );
  for (const id of ids) await writer.acknowledged(room, await id);
  const filled = performance.now() - filling;
  await writer.close();

  const back = performance.now();
  away = await open('away', 1);
  await online(away);
  const took = performance.now() - back;
  const shown = away.timeline(room).filter((item) => item.kind === 'text').length;
  await away.close();
  const again = performance.now();
  away = await open('away', 1);
  const loaded = performance.now() - again;
  await away.close();
  const bare = await verifications(MESSAGES);
  const row = (what: string, ms: number) => [
    what,
    ms.toFixed(0),
    (ms / MESSAGES).toFixed(3),
    `${(ms / bare).toFixed(2)} x`,
  ];
  printTable(
    `Catching up with ${shown} messages`,
    ['', 'ms', 'ms each', 'of verifications'],
    [
      row(`${MESSAGES} verifications, all under way at once`, bare),
      row('caught up: read, verified, opened, on the disk', took),
      row('opened again from the disk', loaded),
      row('sending them, one client', filled),
    ],
  );
} finally {
  await replica.kill('SIGTERM');
  rmSync(folder, { recursive: true });
}
