import { SottoError } from '@sotto/protocol';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createLog } from './log.ts';
import { StoreHealth } from './store-health.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test.each([
  ['refuses', () => Promise.reject(new SottoError('unavailable')), 'the store cannot be reached'],
  ['hangs', () => new Promise<void>(() => undefined), 'the store does not answer'],
])(
  'a store that %s makes the replica not ready within 10 s, and ready when it is back',
  async (_, fails, why) => {
    let ping: () => Promise<void> = () => Promise.resolve();
    const back = vi.fn();
    const health = new StoreHealth({ ping: () => ping() }, createLog('silent'), back);
    health.watch();
    await vi.advanceTimersByTimeAsync(3000);
    expect(health.refusal()).toBeNull();

    ping = fails;
    await vi.advanceTimersByTimeAsync(9000);
    expect(await health.notReady()).toBe(why);
    expect(health.refusal()).toMatchObject({ code: 'unavailable', retryAfterMs: expect.any(Number) });
    expect(back).not.toHaveBeenCalled();

    ping = () => Promise.resolve();
    await vi.advanceTimersByTimeAsync(4000);
    expect(health.refusal()).toBeNull();
    expect(back).toHaveBeenCalledTimes(1);
    health.stop();
  },
);

test('one answer that is late is no outage', async () => {
  let answers = 0;
  const ping = () => (++answers === 2 ? Promise.reject(new SottoError('unavailable')) : Promise.resolve());
  const health = new StoreHealth({ ping }, createLog('silent'), () => undefined);
  health.watch();
  for (let second = 0; second < 6; second++) {
    await vi.advanceTimersByTimeAsync(1000);
    expect(health.refusal()).toBeNull();
  }
  health.stop();
});

test('a store that nobody watches is asked when somebody asks for readiness', async () => {
  const ping = vi.fn(() => Promise.reject(new SottoError('unavailable')));
  const health = new StoreHealth({ ping }, createLog('silent'), () => undefined);
  expect(await health.notReady()).toBe('the store cannot be reached');
  expect(ping).toHaveBeenCalledTimes(1);
});
