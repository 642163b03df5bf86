import { u64 } from '@sotto/protocol';
import { expect, test } from 'vitest';
import { ChainMemory } from './chain-memory.ts';

const filled = (count: number): ChainMemory => {
  let memory = new ChainMemory();
  for (let seq = 0; seq < count; seq++) memory = memory.with(seq, u64(seq));
  return memory;
};

test('remembers the newest 4,096 at least, and forgets what lies far behind', () => {
  const memory = filled(10_000);
  for (let seq = 10_000 - 4096; seq < 10_000; seq++) expect(memory.get(seq)).toEqual(u64(seq));
  expect(memory.get(100)).toBeUndefined();
  expect(memory.get(10_000)).toBeUndefined();
});

test('is a value: two that follow the same one do not see each other', () => {
  const before = filled(70);
  const [one, two] = [before.with(70, u64(1)), before.with(70, u64(2))];
  expect(one.get(70)).toEqual(u64(1));
  expect(two.get(70)).toEqual(u64(2));
  expect(before.get(70)).toBeUndefined();
});
