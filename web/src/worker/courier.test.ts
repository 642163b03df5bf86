import type { ConnectionState, TimelineItem } from '@sotto/client';
import { expect, test } from 'vitest';
import { Courier } from './courier.ts';
import type { News } from './surface.ts';

const item = (id: string, text = id) => ({ id, text }) as TimelineItem;
const timeline = (items: TimelineItem[], reset = false): News => ({
  event: 'timeline',
  value: { room: 'r', items, reset },
});
const connection = (value: ConnectionState): News => ({ event: 'connection', value });

async function delivered(...news: News[]): Promise<News[][]> {
  const told: News[][] = [];
  const courier = new Courier((all) => told.push(all));
  for (const one of news) courier.send(one);
  await new Promise((resolve) => setTimeout(resolve, 5));
  return told;
}

test('a turn is one delivery, in order', async () => {
  const told = await delivered(connection({ state: 'connecting' }), timeline([item('a')]), {
    event: 'ready',
  });
  expect(told.map((all) => all.map((news) => news.event))).toEqual([['connection', 'timeline', 'ready']]);
});

test('only the newest state of a thing is told', async () => {
  const told = await delivered(connection({ state: 'connecting' }), connection({ state: 'online' }));
  expect(told).toEqual([[connection({ state: 'online' })]]);
});

test('patches of one timeline are joined, the newest of an item wins', async () => {
  const told = await delivered(timeline([item('a'), item('b')]), timeline([item('b', 'edited'), item('c')]));
  expect(told).toEqual([[timeline([item('a'), item('b', 'edited'), item('c')])]]);
});

test('a reset drops what came before it and keeps what comes after', async () => {
  const told = await delivered(timeline([item('a')]), timeline([item('b')], true), timeline([item('c')]));
  expect(told).toEqual([[timeline([item('b'), item('c')], true)]]);
});

test('of ready and elsewhere the last one counts', async () => {
  const told = await delivered({ event: 'elsewhere' }, connection({ state: 'online' }), { event: 'ready' });
  expect(told).toEqual([[connection({ state: 'online' }), { event: 'ready' }]]);
});

test('a later turn is another delivery', async () => {
  const told: News[][] = [];
  const courier = new Courier((all) => told.push(all));
  courier.send({ event: 'ready' });
  await new Promise((resolve) => setTimeout(resolve, 5));
  courier.send({ event: 'elsewhere' });
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect(told).toEqual([[{ event: 'ready' }], [{ event: 'elsewhere' }]]);
});
