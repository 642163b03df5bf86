import { SottoError } from '@sotto/protocol';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type Stub, stubClient } from '../../testing/stub-client.ts';
import { lossOf, online, settled, Unreachable, within } from './patience.ts';

let stub: Stub;
beforeEach(() => {
  vi.useFakeTimers();
  stub = stubClient();
});
afterEach(() => {
  vi.useRealTimers();
  expect(stub.listeners()).toBe(0);
});

const offline = (retryAt: number | null) => ({ state: 'offline', reason: 'no route.', retryAt }) as const;

/** What became of it, without waiting for it. */
function fate(promise: Promise<unknown>): { of: string } {
  const result = { of: 'pending' };
  promise.then(
    () => {
      result.of = 'done';
    },
    (error: Error) => {
      result.of = error.message;
    },
  );
  return result;
}

test('settled when online', async () => {
  const result = fate(settled(stub.client, 1000));
  stub.emit('connection', { state: 'catching-up', behind: 10 });
  await vi.advanceTimersByTimeAsync(900);
  stub.emit('connection', { state: 'online' });
  await vi.advanceTimersByTimeAsync(0);
  expect(result.of).toBe('done');
  await settled(stub.client, 1000);
});

test('given up after a while, with the reason; coming and going does not prolong it', async () => {
  const result = fate(settled(stub.client, 1000));
  for (let i = 0; i < 9; i++) {
    stub.emit('connection', offline(5));
    stub.emit('connection', { state: 'connecting' });
    await vi.advanceTimersByTimeAsync(100);
  }
  stub.emit('connection', offline(5));
  expect(result.of).toBe('pending');
  await vi.advanceTimersByTimeAsync(100);
  expect(result.of).toBe('The server cannot be reached: no route.');
});

test('as long as messages come in it is waited for, and no longer', async () => {
  const result = fate(settled(stub.client, 1000));
  for (let behind = 20; behind > 0; behind--) {
    stub.emit('connection', { state: 'catching-up', behind });
    await vi.advanceTimersByTimeAsync(900);
  }
  expect(result.of).toBe('pending');
  stub.emit('connection', { state: 'catching-up', behind: 1 });
  await vi.advanceTimersByTimeAsync(100);
  expect(result.of).toBe('The server stopped in the middle of handing out messages.');
});

test('given up at once where it is not tried again', async () => {
  const [one, two] = [fate(settled(stub.client, 1000)), fate(online(stub.client))];
  stub.emit('connection', offline(null));
  await vi.advanceTimersByTimeAsync(0);
  expect([one.of, two.of]).toEqual(Array(2).fill('The server is not tried again: no route.'));
  await expect(settled(stub.client, 1000)).rejects.toThrow('no route');
});

test('work may take longer while there is a connection, and as long as it likes while it moves', async () => {
  stub.emit('connection', { state: 'online' });
  const { promise, resolve } = Promise.withResolvers<number>();
  let moved = (): void => {};
  const result = fate(
    within(stub.client, 1000, (m) => {
      moved = m;
      return promise;
    }),
  );
  await vi.advanceTimersByTimeAsync(80_000);
  moved();
  await vi.advanceTimersByTimeAsync(80_000);
  stub.emit('connection', offline(5));
  await vi.advanceTimersByTimeAsync(999);
  expect(result.of).toBe('pending');
  resolve(1);
  await vi.advanceTimersByTimeAsync(0);
  expect(result.of).toBe('done');

  const lost = fate(within(stub.client, 1000, () => new Promise(() => {})));
  await vi.advanceTimersByTimeAsync(1000);
  expect(lost.of).toBe('The server cannot be reached: no route.');
});

test('the reason once, and with the address', () => {
  const reason = new SottoError('no_connection', 'xhr poll error').message;
  const loss = lossOf({ state: 'offline', reason, retryAt: 5 });
  expect(loss).toBe('The server cannot be reached: xhr poll error.');
  expect(new Unreachable(loss).at('http://x').message).toBe(
    'The server http://x cannot be reached: xhr poll error.',
  );
});
