import { PassThrough, Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { lines, secret } from './input.ts';

const from = (...chunks: (string | Buffer)[]): Readable => Readable.from(chunks, { objectMode: false });

async function all(input: Readable): Promise<string[]> {
  const out: string[] = [];
  for await (const line of lines(input)) out.push(line);
  return out;
}

test('lines, however they are cut and ended; only line feeds end them', async () => {
  const duck = Buffer.from('🐤');
  expect(await all(from('on', 'e\ntwo\r\n\nthr', 'ee\u2028still\rthree\n'))).toEqual([
    'one',
    'two',
    'three\u2028still\rthree',
  ]);
  expect(await all(from(duck.subarray(0, 2), duck.subarray(2)))).toEqual(['🐤']);
  expect(await all(from())).toEqual([]);
});

test('a line is there before the next one comes', async () => {
  const input = new PassThrough();
  const reader = lines(input)[Symbol.asyncIterator]();
  input.write('first\nsec');
  expect((await reader.next()).value).toBe('first');
  input.end('ond');
  expect((await reader.next()).value).toBe('second');
});

test('a secret is everything but the last line break; nothing is none', async () => {
  const screen = new PassThrough();
  expect(await secret(from(' two\nlines \r\n'), screen, 'Words: ')).toBe(' two\nlines ');
  await expect(secret(from('\n'), screen, 'Words: ')).rejects.toThrow('Nothing came');
  expect(screen.read()).toBeNull();
});
