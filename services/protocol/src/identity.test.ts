import { expect, test } from 'vitest';
import { b64, hex, utf8 } from './bytes.ts';
import { randomBytes } from './crypto.ts';
import {
  accountIdOf,
  deviceIdOf,
  fingerprintOf,
  handleCommitment,
  isHandle,
  keyIdOf,
  messageIdAt,
  roomIdOf,
} from './identity.ts';

test('the same key has another name in each role', async () => {
  const spki = randomBytes(422);
  const names = await Promise.all([accountIdOf(spki), deviceIdOf(spki), keyIdOf(spki), fingerprintOf(spki)]);
  expect(names.map((n) => n.length)).toEqual([16, 16, 16, 32]);
  expect(new Set(names.map((n) => hex(n.slice(0, 16)))).size).toBe(4);
});

test('a room is named by its creator and its salt', async () => {
  const [creator, salt] = [randomBytes(16), randomBytes(16)];
  const room = await roomIdOf(creator, salt);
  expect(await roomIdOf(creator, salt)).toEqual(room);
  expect(await roomIdOf(salt, creator)).not.toEqual(room);
});

test('a handle commitment is bound to its account', async () => {
  const account = randomBytes(16);
  expect(b64(await handleCommitment(account, 'ada'))).not.toBe(
    b64(await handleCommitment(randomBytes(16), 'ada')),
  );
  expect(b64(await handleCommitment(account, 'ada'))).not.toBe(b64(await handleCommitment(account, 'adb')));
});

test('message ids are UUIDv7 and rise with the time', () => {
  const times = [0, 1, 255, 2 ** 32 - 1, 2 ** 32, 1_767_225_600_000, 2 ** 48 - 1];
  const ids = times.map(messageIdAt);
  for (const [i, id] of ids.entries()) {
    expect(Number.parseInt(hex(id.slice(0, 6)), 16)).toBe(times[i]);
    expect((id[6] as number) >> 4).toBe(7);
    expect((id[8] as number) >> 6).toBe(2);
  }
  expect(ids.map(hex)).toEqual(ids.map(hex).sort());
});

test('handles are plain ASCII, so that no two look alike', () => {
  for (const handle of ['ab', 'a1', '0x', 'ada-lovelace', 'a_b', 'x'.repeat(32)])
    expect(isHandle(handle)).toBe(true);
  for (const handle of [
    '',
    'a',
    '-ab',
    '_ab',
    'Ada',
    'ada ',
    'аda',
    'ada\n',
    'ａｄａ',
    'a.b',
    'x'.repeat(33),
    'ad\u0131',
  ]) {
    expect(isHandle(handle), JSON.stringify(handle)).toBe(false);
  }
  expect(utf8('аda').length).toBe(4);
});
