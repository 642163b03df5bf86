import { expect, test } from 'vitest';
import { zeros } from './bytes.ts';
import { randomBytes } from './crypto.ts';
import { groupDigits, roomCode, safetyNumber } from './safety.ts';

test('a safety number is 60 digits, the same from both sides', async () => {
  const [ada, bob] = [randomBytes(32), randomBytes(32)];
  const number = await safetyNumber(ada, bob);
  expect(number).toMatch(/^[0-9]{60}$/);
  expect(await safetyNumber(bob, ada)).toBe(number);
  expect(await safetyNumber(ada, randomBytes(32))).not.toBe(number);
  expect(groupDigits(number)).toMatch(/^([0-9]{5} ){11}[0-9]{5}$/);
});

test('a room code is 30 digits and changes with every part', async () => {
  const [room, commit, membership] = [randomBytes(16), randomBytes(32), randomBytes(32)];
  const codes = await Promise.all([
    roomCode(room, 1, commit, membership),
    roomCode(zeros(16), 1, commit, membership),
    roomCode(room, 2, commit, membership),
    roomCode(room, 1, zeros(32), membership),
    roomCode(room, 1, commit, zeros(32)),
  ]);
  for (const code of codes) expect(code).toMatch(/^[0-9]{30}$/);
  expect(new Set(codes).size).toBe(5);
});
