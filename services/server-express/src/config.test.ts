import { expect, test } from 'vitest';
import { ConfigFaults, readConfig } from './config.ts';

test('defaults suit a laptop', () => {
  const config = readConfig([], {}, '/web');
  expect(config).toMatchObject({ host: '127.0.0.1', port: 8080, dataDir: './data', webDir: '/web' });
  expect(Object.isFrozen(config)).toBe(true);
});

test('the command line comes before the environment', () => {
  const env = { SOTTO_PORT: '1', SOTTO_HOST: 'a', SOTTO_DATA_DIR: 'b', SOTTO_FRAME_BURST: '7' };
  expect(readConfig(['--port', '2', '--host=::1'], env, '')).toMatchObject({
    port: 2,
    host: '::1',
    dataDir: 'b',
    frameBurst: 7,
  });
});

test('every fault is reported, each in a sentence', () => {
  const read = () =>
    readConfig(['--port=70000', '--data', 'x', '--what', 'extra'], { SOTTO_TRUSTED_PROXIES: '-1' }, '');
  expect(read).toThrow(ConfigFaults);
  try {
    read();
  } catch (error) {
    expect((error as ConfigFaults).faults).toEqual([
      'Unknown option --what.',
      'Unknown argument extra.',
      '--port must be a whole number from 0 to 65535, not "70000".',
      'SOTTO_TRUSTED_PROXIES must be a whole number from 0 to 10, not "-1".',
    ]);
  }
});

test.each([['--port'], ['--data=']])('an option without its value is a fault: %s', (arg) => {
  expect(() => readConfig([arg], {}, '')).toThrow(ConfigFaults);
});

test('a Redis is named by address or environment; what is wrong with it is said without quoting it', () => {
  const url = 'redis://:secret@10.0.0.1:6379/2';
  expect(readConfig(['--redis', url], {}, '')).toMatchObject({ redisUrl: url, keysFile: null, route: null });
  const env = { SOTTO_REDIS_URL: url, SOTTO_KEYS_FILE: '/keys', SOTTO_ROUTE: 'r1' };
  expect(readConfig([], env, '')).toMatchObject({ redisUrl: url, keysFile: '/keys', route: 'r1' });
  try {
    readConfig(['--redis', 'http://:secret@x'], { SOTTO_ROUTE: 'a;b' }, '');
    expect.unreachable();
  } catch (error) {
    expect((error as ConfigFaults).faults).toEqual([
      'SOTTO_ROUTE must be 1 to 64 letters, digits, _ or -, not "a;b".',
      '--redis must be an address such as redis://127.0.0.1:6379.',
    ]);
  }
});
