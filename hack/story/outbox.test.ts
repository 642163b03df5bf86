/** Messages that are written while the server is away lie in the outbox, survive the program, and are sent once, in their order. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { b64, parseEnvelope } from '@sotto/protocol';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openFileClient } from '../lib/file-client.ts';
import { judge, type Sent } from '../lib/ledger.ts';
import type { Face } from '../lib/lying-server.ts';
import { Scene } from '../lib/scene.ts';
import { until } from '../lib/until.ts';

const MESSAGES = 100;
const home = mkdtempSync(join(tmpdir(), 'sotto-outbox-'));
let scene: Scene;

beforeAll(async () => {
  scene = await Scene.of('ada', 'bob');
});
afterAll(async () => {
  await scene.dispose();
  rmSync(home, { recursive: true });
});

test(`${MESSAGES} messages of a client that was closed and opened twice before the server came back`, async () => {
  const [ada] = scene.people as [Scene['people'][number]];
  const { room, server } = scene;
  let face: Face = await server.face();
  const { port, url } = face;
  let cyd = await openFileClient(url, home, 5);
  await cyd.signUp('cyd', null);
  await cyd.join(await ada.client.invite(room));
  const acked = async (id: string): Promise<number> => (await cyd.acknowledged(room, id)).seq;
  await acked(await cyd.sendText(room, 'while it is there'));
  await face.close();
  await until(cyd, () => cyd.connection().state === 'offline', 'the server is away');

  const sent: (Sent & { acks: number[] })[] = [];
  const write = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++) {
      const id = await cyd.sendText(room, `message ${sent.length}`);
      sent.push({ writer: 'cyd', id, acks: [] });
    }
  };
  const reopen = async (): Promise<void> => {
    await cyd.close();
    cyd = await openFileClient(url, home, 5);
  };
  await write(MESSAGES / 2);
  await reopen();
  await write(MESSAGES / 4);
  await reopen();
  await write(MESSAGES / 4);
  const waiting = cyd.timeline(room).filter((item) => item.seq === null);
  expect(waiting.map((item) => item.text)).toEqual(sent.map((_, i) => `message ${i}`));
  expect(waiting.every((item) => item.send === 'queued')).toBe(true);

  face = await server.face({}, server.keys, port);
  await Promise.all(sent.map(async (one) => one.acks.push(await acked(one.id))));
  const log = (await scene.log()).map(({ seq, bytes }) => ({ seq, id: b64(parseEnvelope(bytes).header.id) }));
  const faults = judge(sent, log);
  console.log(
    `outbox: ${sent.length} messages queued over 3 openings, ${log.length} entries; faults: ${faults.length}`,
  );
  expect(faults).toEqual([]);
  await ada.sees(room, `message ${MESSAGES - 1}`);
  const texts = ada.texts(room).filter((text) => text.startsWith('message '));
  expect(texts).toEqual(sent.map((_, i) => `message ${i}`));
  for (const client of [cyd, ada.client]) expect(client.alerts()).toEqual([]);
  await cyd.close();
});
