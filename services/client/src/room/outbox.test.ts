import { aesKeyKept, randomBytes } from '@sotto/protocol';
import { expect, test } from 'vitest';
import { memoryStorage } from '../store/memory.ts';
import type { Storage } from '../store/port.ts';
import { Vault } from '../store/vault.ts';
import { Outbox } from './outbox.ts';

const room = randomBytes(16);
const text = (n: number) => ({ kind: 'text', text: `message ${n}` }) as const;

async function fresh() {
  const [storage, vault] = [memoryStorage(), new Vault(await aesKeyKept(randomBytes(32), false))];
  return { storage, vault, outbox: new Outbox(room, storage, vault, () => undefined) };
}

async function reopened(storage: Storage, vault: Vault): Promise<Outbox> {
  const outbox = new Outbox(room, storage, vault, () => undefined);
  await outbox.load();
  return outbox;
}

const said = (outbox: Outbox) => outbox.list().map((item) => 'text' in item.payload && item.payload.text);

test('keeps what was handed over at once in its order, also over a restart', async () => {
  const { storage, vault, outbox } = await fresh();
  await Promise.all(Array.from({ length: 40 }, (_, n) => outbox.add(text(n), 1000)));
  const expected = Array.from({ length: 40 }, (_, n) => `message ${n}`);
  expect(said(outbox)).toEqual(expected);
  const again = await reopened(storage, vault);
  expect(said(again)).toEqual(expected);
  await again.add(text(40), 1000);
  expect(said(again).at(-1)).toBe('message 40');
});

test('an envelope outlives a restart and is sent as it stands; what was refused stays refused', async () => {
  const { storage, vault, outbox } = await fresh();
  const items = await Promise.all([0, 1, 2].map((n) => outbox.add(text(n), 1000)));
  const [first, second, third] = items.map((item) => item.id) as [string, string, string];
  const envelope = randomBytes(900);
  await outbox.seal([{ id: first, envelope }]);
  await outbox.refuse(second, 'No.');
  const again = await reopened(storage, vault);
  expect(again.sealed().map((item) => [item.id, item.envelope])).toEqual([[first, envelope]]);
  expect(again.queued(10).map((item) => item.id)).toEqual([third]);
  expect(again.find(second)).toMatchObject({ send: 'refused', refusal: 'No.' });
  await again.unseal();
  expect((await reopened(storage, vault)).queued(10).map((item) => item.id)).toEqual([first, third]);
});

test('an acknowledged one is not sent again, and goes with the entry that replaces it', async () => {
  const { storage, vault, outbox } = await fresh();
  const { id } = await outbox.add(text(0), 1000);
  await outbox.seal([{ id, envelope: randomBytes(900) }]);
  outbox.acknowledge(id, 7);
  expect(outbox.sealed()).toEqual([]);
  expect(outbox.find(id)).toMatchObject({ send: 'logged', seq: 7 });
  const removal = outbox.removal(id);
  await storage.write(removal === null ? [] : [removal]);
  outbox.taken(id);
  expect(outbox.list()).toEqual([]);
  expect((await reopened(storage, vault)).list()).toEqual([]);
});

test('on the disk lies nothing that was said', async () => {
  const { storage, outbox } = await fresh();
  await outbox.add({ kind: 'text', text: 'a secret between friends' }, 1000);
  const rows = JSON.stringify(await storage.list('outbox'), (_, value) =>
    value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value,
  );
  expect(rows).not.toContain('secret');
});
