import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { clock, columns, count, Output } from './output.ts';

function output(json: boolean): { out: Output; stdout: PassThrough; stderr: PassThrough } {
  const [stdout, stderr] = [new PassThrough({ highWaterMark: 8 }), new PassThrough()];
  return { out: new Output(stdout, stderr, json), stdout, stderr };
}

test('cells begin under each other, by characters, and lines end without blanks', () => {
  expect(
    columns([
      ['a', 'x', ''],
      ['🐤🐤🐤', 'y', 'z'],
    ]),
  ).toEqual(['a    x', '🐤🐤🐤  y  z']);
  expect(columns([])).toEqual([]);
});

test('a time and a number with its noun', () => {
  expect(clock(new Date(2026, 2, 1, 4, 5).getTime())).toBe('2026-03-01 04:05');
  expect([count(0, 'member'), count(1, 'member'), count(2, 'member')]).toEqual([
    '0 members',
    '1 member',
    '2 members',
  ]);
});

test('results for people or for programs, and a wait for a slow reader', async () => {
  for (const [json, expected] of [
    [true, '{"a":1,"long":"text"}\n'],
    [false, 'a is one\n'],
  ] as const) {
    const { out, stdout } = output(json);
    let isDone = false;
    const done = out.record({ a: 1, long: 'text' }, 'a is one').then(() => {
      isDone = true;
    });
    await new Promise(setImmediate);
    expect(isDone).toBe(false);
    expect(String(stdout.read())).toBe(expected);
    await done;
  }
});

test('an empty table is said to people, and is nothing to programs', async () => {
  const people = output(false);
  await people.out.table([], 'No rooms yet.');
  expect(String(people.stderr.read())).toBe('No rooms yet.\n');
  const programs = output(true);
  await programs.out.table([], 'No rooms yet.');
  expect([programs.stdout.read(), programs.stderr.read()]).toEqual([null, null]);
});
