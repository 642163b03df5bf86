import { expect, test } from 'vitest';
import { Keys } from './keys.ts';

const bytes = (fill: number, last: number) => {
  const out = new Uint8Array(16).fill(fill);
  out[15] = last;
  return out;
};
const ab = `${'ab'.repeat(15)}05`;

test("a room's keys lie in the shard that its last four bytes give, with that shard's bus", () => {
  const keys = new Keys('sotto', 3);
  const room = bytes(0xab, 5);
  const shard = 0xababab05 % 3;
  expect(keys.shardOf(room)).toBe(shard);
  expect(keys.log(room)).toBe(`{sotto:${shard}}log:${ab}`);
  expect(keys.wraps(room, 7)).toBe(`{sotto:${shard}}wraps:${ab}:7`);
  expect(keys.stagedWraps(room, bytes(1, 1), bytes(2, 2))).toBe(
    `{sotto:${shard}}staged:${ab}:${'01'.repeat(16)}:${'02'.repeat(16)}`,
  );
  expect(keys.bus(shard)).toBe(`{sotto:${shard}}bus`);
});

test('an id that is a view into other bytes gives the same shard', () => {
  const keys = new Keys('sotto', 1000);
  const whole = new Uint8Array(40).fill(7);
  expect(keys.shardOf(whole.subarray(11, 27))).toBe(keys.shardOf(bytes(7, 7)));
});

test('accounts are at home in shard 0, whatever their id', () => {
  const keys = new Keys('sotto', 3);
  const account = bytes(0xab, 5);
  for (const key of [keys.chain(account), keys.backup(account), keys.handle(account), keys.pending()])
    expect(key).toMatch(/^\{sotto:0\}/);
  expect(keys.account(2, account)).toBe(`{sotto:2}account:${ab}`);
});
