import { SottoError } from '@sotto/protocol';
import { expect, test } from 'vitest';
import { roomView, type Stub, stubClient } from '../../testing/stub-client.ts';
import { type Sent, sendAll } from './sender.ts';

interface World extends Stub {
  readonly texts: string[];
  readonly discarded: string[];
  readonly printed: Sent[];
  ack(i: number): void;
  refuse(i: number): void;
  send(texts: AsyncIterable<string>): Promise<void>;
}

function world(blocked: { sentence: string; alert: string | null } | null = null): World {
  const [texts, discarded, printed]: [string[], string[], Sent[]] = [[], [], []];
  const acks = new Map<string, PromiseWithResolvers<{ seq: number; chain: string }>>();
  const ackOf = (id: string) => {
    const ack = acks.get(id) ?? Promise.withResolvers();
    acks.set(id, ack);
    return ack;
  };
  const stub = stubClient({
    rooms: () => [roomView({ blocked })],
    sendText: async (_room, text) => `m${texts.push(text) - 1}`,
    acknowledged: (_room, id) => ackOf(id).promise,
    discard: async (_room, id) => void discarded.push(id),
  });
  return {
    ...stub,
    texts,
    discarded,
    printed,
    ack: (i) => ackOf(`m${i}`).resolve({ seq: 10 + i, chain: 'c' }),
    refuse: (i) => ackOf(`m${i}`).reject(new SottoError('not_member')),
    send: (input) => sendAll(stub.client, 'room-1', input, async (sent) => void printed.push(sent)),
  };
}

async function* upTo(n: number): AsyncGenerator<string> {
  for (let i = 0; i < n; i++) yield `text ${i}`;
}

/** Never ends, as a pipe that stays open. */
async function* upToAndOpen(n: number): AsyncGenerator<string> {
  yield* upTo(n);
  await new Promise(() => {});
}

const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

test('several in flight, printed in order, however the acknowledgements come', async () => {
  const w = world();
  const done = w.send(upTo(40));
  await turn();
  expect(w.texts).toHaveLength(32);
  for (let i = 31; i > 0; i--) w.ack(i);
  await turn();
  expect(w.printed).toEqual([]);
  w.ack(0);
  await turn();
  expect(w.texts).toHaveLength(40);
  for (let i = 32; i < 40; i++) w.ack(i);
  await done;
  expect(w.printed.map(({ id, seq }) => [id, seq])).toEqual(
    Array.from({ length: 40 }, (_, i) => [`m${i}`, 10 + i]),
  );
  expect(w.listeners()).toBe(0);
});

test('a refusal ends it with its sentence, also while the input stays open; what was under way is printed', async () => {
  const w = world();
  const done = w.send(upToAndOpen(3));
  await turn();
  w.refuse(1);
  w.ack(2);
  w.ack(0);
  await expect(done).rejects.toThrow('not a member');
  expect(w.printed.map(({ id }) => id)).toEqual(['m0', 'm2']);
  expect(w.discarded).toEqual(['m1']);
});

test('the last one refused is no success', async () => {
  const w = world();
  const done = w.send(upTo(1));
  w.refuse(0);
  await expect(done).rejects.toThrow('not a member');
});

test('a room where nothing can be sent: nothing is, and what to do is said', async () => {
  const w = world({ sentence: 'The key of bob has changed.', alert: 'x1' });
  await expect(w.send(upTo(1))).rejects.toThrow('has changed. Then: sotto alerts --acknowledge x1');
  expect(w.texts.length).toBeLessThan(2);
});

test('an obstacle on the way ends it and leaves what was not acknowledged in the outbox', async () => {
  const w = world();
  const done = w.send(upToAndOpen(2));
  await turn();
  w.ack(0);
  await turn();
  w.emit('connection', { state: 'offline', reason: 'Another key.', retryAt: null });
  await expect(done).rejects.toThrow('Another key.');
  w.refuse(1);
  await turn();
  expect([w.printed.length, w.discarded]).toEqual([1, []]);
});
