import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { searchCapture, searchFolders } from './canary.ts';

const CANARY = 'kanarië-γλώσσα-金丝雀-🐤/7?>';
const NOISE = Buffer.from('The quick brown fox jumps over the lazy dog. '.repeat(40));

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sotto-canary-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const around = (planted: Buffer | string): Buffer => Buffer.concat([NOISE, Buffer.from(planted), NOISE]);
const plant = (name: string, content: Buffer): void => writeFileSync(join(folder, name), content);
const found = () => searchFolders([folder], [CANARY]).findings.map((f) => f.encoding);

test('nothing is found where nothing is, and it is told how much was read', () => {
  plant('quiet', NOISE);
  expect(searchFolders([folder], [CANARY])).toEqual({ findings: [], files: 1, bytes: NOISE.length });
});

const raw = Buffer.from(CANARY);
const hexText = raw.toString('hex');
const planted: Record<string, string | Buffer> = {
  raw,
  hex: hexText,
  HEX: hexText.toUpperCase(),
  'percent-encoded': encodeURIComponent(CANARY),
  'percent-encoded in lower case': encodeURIComponent(CANARY).replace(/%../g, (e) => e.toLowerCase()),
  'percent-encoded byte by byte': hexText.toUpperCase().replace(/../g, '%$&'),
  'json-escaped': JSON.stringify(CANARY).replace(
    /[^ -~]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  ),
  'utf-16le': Buffer.from(CANARY, 'utf16le'),
  'utf-16be': Buffer.from(CANARY, 'utf16le').swap16(),
};

for (const [spelling, bytes] of Object.entries(planted)) {
  test(`a canary that is ${spelling} is found`, () => {
    plant('leak', around(bytes));
    expect(found()).toContain(spelling.split(' ')[0]);
  });
}

for (const offset of [0, 1, 2]) {
  for (const encoding of ['base64', 'base64url'] as const) {
    test(`a canary inside ${encoding}, ${offset} bytes past a group of three, is found`, () => {
      const text = Buffer.concat([NOISE.subarray(0, 300 + offset), raw, NOISE]).toString(encoding);
      plant('leak', Buffer.from(text));
      expect(found().some((name) => name === `${encoding} at ${offset}`)).toBe(true);
    });
  }
}

test('a canary in a value that SQLite spreads over pages is found in the rows', () => {
  const database = new DatabaseSync(join(folder, 'log.db'));
  database.exec('PRAGMA page_size = 512; CREATE TABLE "odd ""name" (b BLOB)');
  const insert = database.prepare('INSERT INTO "odd ""name" VALUES (?)');
  for (let shift = 0; shift < 60; shift++)
    insert.run(Buffer.concat([NOISE.subarray(0, 400 + shift), raw, NOISE]));
  database.close();
  const places = searchFolders([folder], [CANARY]).findings.map((f) => f.place);
  expect(places).toContain(`${join(folder, 'log.db')} (rows)`);
});

/** A client's frame (RFC 6455 section 5.2), masked as browsers mask it. */
function frame(opcode: number, final: boolean, payload: Buffer): Buffer {
  const mask = Buffer.from([0x9a, 0x1f, 0x03, 0xe7]);
  const length =
    payload.length < 126
      ? Buffer.from([0x80 | payload.length])
      : payload.length < 65_536
        ? Buffer.from([0x80 | 126, payload.length >> 8, payload.length & 0xff])
        : Buffer.concat([
            Buffer.from([0x80 | 127]),
            Buffer.alloc(4),
            Buffer.from(new Uint32Array([payload.length]).buffer).swap32(),
          ]);
  const masked = payload.map((byte, i) => byte ^ (mask[i % 4] as number));
  return Buffer.concat([Buffer.from([(final ? 0x80 : 0) | opcode]), length, mask, masked]);
}

const UPGRADE = Buffer.from(
  'GET /socket.io/?EIO=4 HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n',
);
const opened = () => searchCapture(folder, [CANARY]).findings.filter((f) => f.place.endsWith('(opened)'));

test.each([
  ['short', raw],
  ['medium', around(raw)],
  ['long', Buffer.concat([Buffer.alloc(70_000, 46), raw])],
])('a canary in a masked frame of %s length is found', (_, payload) => {
  plant(
    '1.up',
    Buffer.concat([UPGRADE, frame(2, true, NOISE), frame(2, true, payload), frame(9, true, Buffer.alloc(3))]),
  );
  expect(opened().map((f) => f.encoding)).toEqual(['raw']);
});

test('a canary that is split over fragments of a masked message is found', () => {
  const fragments = [
    frame(1, false, raw.subarray(0, 9)),
    frame(9, true, Buffer.from('ping')),
    frame(0, true, raw.subarray(9)),
  ];
  plant('1.up', Buffer.concat([UPGRADE, ...fragments]));
  expect(opened()).toHaveLength(1);
});

test('a canary in a frame that the cut line left unfinished is found', () => {
  const whole = frame(2, true, Buffer.concat([raw, NOISE]));
  plant('1.up', Buffer.concat([UPGRADE, whole.subarray(0, whole.length - NOISE.length)]));
  expect(opened()).toHaveLength(1);
});

test('compressed frames are refused rather than searched blindly', () => {
  plant('1.up', Buffer.concat([UPGRADE, Buffer.from([0xc2, 0x00])]));
  expect(() => searchCapture(folder, [CANARY])).toThrow(/compression/);
});

const head = (fields: string): Buffer => Buffer.from(`HTTP/1.1 200 OK\r\n${fields}\r\n\r\n`);

test('canaries in HTTP bodies are found: plain, in chunks, compressed, after other answers', () => {
  const chunk = (bytes: Buffer) =>
    Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')]);
  const gzipped = gzipSync(around(raw));
  const quiet = Buffer.concat([
    head(`Content-Length: ${NOISE.length}`),
    NOISE,
    Buffer.from('HTTP/1.1 304 Not Modified\r\n\r\n'),
  ]);
  plant('plain.down', Buffer.concat([quiet, head(`Content-Length: ${raw.length}`), raw]));
  plant(
    'chunks.down',
    Buffer.concat([
      quiet,
      head('Transfer-Encoding: chunked'),
      chunk(raw.subarray(0, 5)),
      chunk(raw.subarray(5)),
      chunk(Buffer.alloc(0)),
    ]),
  );
  plant(
    'gzip.down',
    Buffer.concat([quiet, head(`Content-Length: ${gzipped.length}\r\nContent-Encoding: gzip`), gzipped]),
  );
  expect(opened().map((f) => f.place.split('/').at(-1))).toEqual([
    'chunks.down (opened)',
    'gzip.down (opened)',
    'plain.down (opened)',
  ]);
});

test('a text that is too short to be told from chance is refused', () => {
  expect(() => searchFolders([folder], ['hi you']).findings).toThrow(/too short/);
});
