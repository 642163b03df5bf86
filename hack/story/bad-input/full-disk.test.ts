/** The disk is full: sends answer `unavailable`, nothing acknowledged is lost, and service returns with the space. */
import { type Bytes, b64, isNack } from '@sotto/protocol';
import { afterAll, expect, test } from 'vitest';
import { bareAccount } from '../../lib/bare-account.ts';
import { bareClient, signUpBare } from '../../lib/bare-client.ts';
import { makeBareRoom, sealBeforehand } from '../../lib/bare-room.ts';
import { judge, type Sent } from '../../lib/ledger.ts';
import { logged, readLog } from '../../lib/read-log.ts';
import { startReplica } from '../../lib/replica.ts';
import { mountSmallDisk } from '../../lib/small-disk.ts';

const disk = mountSmallDisk(24);
afterAll(() => disk?.unmount());

const idOf = (envelope: Bytes): string => b64(envelope.slice(88, 104));

// Mounting asks for root on Linux; elsewhere there is no disk that a test may fill.
if (disk === null) console.log('full disk: not tried, mounting a small file system needs root on Linux');
test.runIf(disk !== null)('a full disk refuses, forgets nothing, and recovers by itself', async () => {
  if (disk === null) return;
  let replica = await startReplica({ dataDir: disk.path });
  const account = await bareAccount('disk', 0);
  let client = await signUpBare(replica.url, account);
  const room = await makeBareRoom([{ account, client }]);
  const envelopes = await sealBeforehand(
    room,
    account,
    Array.from({ length: 400 }, (_, i) => `${i} ${'x'.repeat(8000)}`),
  );
  const sent: Sent[] = [];
  let next = 0;
  /** Sends on while `going`; resolves with the code of the refusal that stopped it, or null. */
  const sendUntil = async (end: number): Promise<string | null> => {
    while (next < end) {
      const envelope = envelopes[next] as Bytes;
      const answer = await client.send(envelope);
      if (isNack(answer)) return answer.error.code;
      sent.push({ writer: 'disk', id: idOf(envelope), acks: [answer.seq] });
      next++;
    }
    return null;
  };

  expect(await sendUntil(20)).toBeNull();
  disk.fill();
  expect(await sendUntil(envelopes.length)).toBe('unavailable');
  const refusedAt = next;
  expect(await sendUntil(envelopes.length), 'and again while it lasts').toBe('unavailable');
  expect(next).toBe(refusedAt);
  expect(judge(sent, logged(await readLog(client, room.room))), 'reading goes on').toEqual([]);

  disk.free();
  expect(await sendUntil(refusedAt + 20)).toBeNull();

  // Killed while full: what was acknowledged is there when there is space again.
  disk.fill();
  expect(await sendUntil(envelopes.length)).toBe('unavailable');
  await replica.kill('SIGKILL');
  disk.free();
  replica = await startReplica({ dataDir: disk.path });
  client = await bareClient(replica.url, account);
  expect(await sendUntil(next + 20)).toBeNull();
  const log = logged(await readLog(client, room.room));
  expect(judge(sent, log)).toEqual([]);
  expect(log).toHaveLength(2 + sent.length);
  console.log(`full disk: ${sent.length} acknowledged, refused twice, none lost`);
  client.close();
  expect(await replica.kill('SIGTERM')).toMatchObject({ code: 0 });
});
