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
