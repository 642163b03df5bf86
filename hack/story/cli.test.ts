/** What a stranger does with `npx sotto` and nothing but its documented options. */
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Replica, startReplica } from '../lib/replica.ts';
import { type Ran, type Running, sotto, startSotto, stopSotto } from '../lib/sotto.ts';

const folder = mkdtempSync(join(tmpdir(), 'sotto-cli-'));
let replica: Replica;
let follower: Running | null = null;

beforeAll(async () => {
  replica = await startReplica({ dataDir: join(folder, 'data') });
});
afterAll(async () => {
  if (follower !== null) await stopSotto(follower);
  await replica.kill('SIGTERM');
  rmSync(folder, { recursive: true });
});

const as = (who: string, ...args: string[]): string[] => [
  ...args,
  '--server',
  replica.url,
  '--home',
  join(folder, who),
  '--json',
];

/** Runs a command that must succeed; the objects that it printed. */
async function ok(args: string[], input = ''): Promise<Record<string, unknown>[]> {
  const ran = await sotto(args, input);
  expect(ran, `sotto ${args.join(' ')}`).toMatchObject({ code: 0 });
  return ran.lines;
}

/** Runs a command that must fail with a sentence, and without a stack trace. */
async function fails(args: string[]): Promise<Ran> {
  const ran = await sotto(args);
  expect(ran.code, `sotto ${args.join(' ')}`).not.toBe(0);
  expect(ran.stderr + ran.stdout).toMatch(/[A-Za-z]{2,} .*\S/);
  expect(ran.stderr + ran.stdout).not.toMatch(/^\s+at .*:\d+/m);
  return ran;
}

const textsOf = (lines: Record<string, unknown>[]): unknown[] =>
  lines.filter((line) => line.kind === 'text').map((line) => line.text);

describe('two people and a bot on the command line', () => {
  let phrase: string;
  let room: string;
  let link: string;

  test('sign up, and the recovery phrase of 24 words is shown once', async () => {
    const [line] = await ok(as('alice', 'signup', 'alice'));
    phrase = String(line?.phrase);
    expect(phrase.split(' ')).toHaveLength(24);
    await ok(as('bob', 'signup', 'bob'));
  });

  test.runIf(process.platform !== 'win32')('a home is private to its owner', () => {
    const home = join(folder, 'alice');
    const open = (path: string): boolean => (statSync(path).mode & 0o077) !== 0;
    const files = readdirSync(home, { recursive: true, encoding: 'utf8' }).map((name) => join(home, name));
    expect(files.length).toBeGreaterThan(0);
    expect(open(home) ? files.filter(open) : []).toEqual([]);
  });

  test('a handle that is taken, or is none, is refused with a sentence', async () => {
    await fails(as('carol', 'signup', 'alice'));
    await fails(as('carol', 'signup', 'Ähm'));
    await fails(as('carol', 'signup', 'аlice'));
  });

  test('create a room and invite by link', async () => {
    const [created] = await ok(as('alice', 'room', 'create', 'Ops room'));
    room = String(created?.room);
    expect(room).not.toBe('');
    const [invited] = await ok(as('alice', 'invite', room));
    link = String(invited?.link);
    expect(link).toContain('/i#');
    expect(link.startsWith(replica.url)).toBe(true);
    // Asked for again it is the same one: nobody wants a room full of links.
    expect((await ok(as('alice', 'invite', room)))[0]?.link).toBe(link);
  });

  test('join by the link', async () => {
    const [joined] = await ok(as('bob', 'join', link));
    expect(joined?.room).toBe(room);
    const rooms = await ok(as('bob', 'rooms'));
    expect(rooms).toContainEqual(expect.objectContaining({ room, name: 'Ops room' }));
  });

  test('a link that is none, or is of no live invite, is refused with a sentence', async () => {
    await fails(as('bob', 'join', 'http://127.0.0.1/i#nothing'));
    const other = link.replace(/#(.)/, (_, c: string) => `#${c === 'A' ? 'B' : 'A'}`);
    await fails(as('bob', 'join', other));
  });

  test('send a text, which prints its sequence and the chain once it is acknowledged', async () => {
    const [sent] = await ok(as('alice', 'send', room, 'hello from alice'));
    expect(sent).toMatchObject({ seq: expect.any(Number), chain: expect.any(String) });
    const [after] = await ok(as('bob', 'send', room, 'hello from bob'));
    expect(Number(after?.seq)).toBeGreaterThan(Number(sent?.seq));
  });

  test('send lines from standard input, in their order, one acknowledgement each', async () => {
    const lines = Array.from({ length: 50 }, (_, i) => `line ${i} ${'🐤'.repeat(i % 4)}`);
    const acks = await ok(as('bob', 'send', room, '-'), `${lines.join('\n')}\n`);
    expect(acks).toHaveLength(50);
    const seqs = acks.map((ack) => Number(ack.seq));
    expect(seqs).toEqual([...seqs].sort((a, b) => a - b));
    expect(new Set(seqs).size).toBe(50);
    const read = await ok(as('alice', 'read', room));
    expect(textsOf(read)).toEqual(['hello from alice', 'hello from bob', ...lines]);
    expect(read.find((line) => line.text === 'line 7 🐤🐤🐤')).toEqual(
      expect.objectContaining({ from: 'bob', kind: 'text', seq: expect.any(Number), at: expect.anything() }),
    );
  });

  test('the name of a room does as well as its id', async () => {
    const [sent] = await ok(as('alice', 'send', 'Ops room', 'by name'));
    const since = await ok(as('bob', 'read', 'Ops room', '--since', String(sent?.seq)));
    expect(textsOf(since)).toEqual(['by name']);
  });

  test('follow a room: what was there, then what comes', async () => {
    follower = startSotto(as('alice', 'read', room, '--follow'), null);
    await follower.until((lines) => textsOf(lines).includes('by name'));
    await ok(as('bob', 'send', room, 'are you there?'));
    const seen = await follower.until((lines) => textsOf(lines).includes('are you there?'));
    const seqs = seen.map((line) => Number(line.seq));
    expect(seqs).toEqual([...new Set(seqs)].sort((a, b) => a - b));
    await stopSotto(follower);
    follower = null;
  });

  test('members with their roles', async () => {
    const members = await ok(as('bob', 'members', room));
    expect(members).toHaveLength(2);
    expect(members).toContainEqual(expect.objectContaining({ handle: 'alice', role: 'owner' }));
    expect(members).toContainEqual(expect.objectContaining({ handle: 'bob', role: 'member' }));
  });

  test('verify: both see the same safety number of 60 digits', async () => {
    const numberOf = async (who: string, whom: string): Promise<string> =>
      JSON.stringify(await ok(as(who, 'verify', whom)))
        .match(/[\d ]{60,}/)?.[0]
        .replaceAll(' ', '') ?? '';
    const [mine, theirs] = [await numberOf('alice', 'bob'), await numberOf('bob', 'alice')];
    expect(mine).toMatch(/^\d{60}$/);
    expect(theirs).toBe(mine);
  });

  test('export a room: everything that was read, as JSON lines', async () => {
    const read = await ok(as('alice', 'read', room));
    const exported = await sotto(as('alice', 'export', room));
    expect(exported.code).toBe(0);
    for (const text of textsOf(read)) expect(exported.stdout).toContain(JSON.stringify(text));
  });

  test('restore in a new home: the rooms are there, old messages are read, new ones are sent', async () => {
    await ok(as('alice-2', 'restore', 'alice'), `${phrase}\n`);
    const before = textsOf(await ok(as('alice', 'read', room)));
    expect(textsOf(await ok(as('alice-2', 'read', room)))).toEqual(before);
    await ok(as('alice-2', 'send', room, 'from my second device'));
    await ok(as('bob', 'send', room, 'welcome, second device'));
    for (const home of ['alice', 'alice-2', 'bob']) {
      const texts = textsOf(await ok(as(home, 'read', room)));
      expect(texts.slice(-2), home).toEqual(['from my second device', 'welcome, second device']);
    }
  });

  test('the wrong words restore nothing', async () => {
    const wrong = phrase.split(' ').reverse().join(' ');
    const ran = await sotto(as('thief', 'restore', 'alice'), `${wrong}\n`);
    expect(ran.code).not.toBe(0);
  });

  test('a room that is not there, a home without an account, a command that is none', async () => {
    await fails(as('alice', 'send', 'No such room', 'x'));
    await fails(as('nobody', 'rooms'));
    await fails(as('alice', 'dance'));
    await fails(as('alice', 'send'));
  });

  test('what is too large, or nothing, is refused at once, and the next message goes', async () => {
    for (const text of ['a'.repeat(49_153), '"'.repeat(40_000)]) {
      const ran = await sotto(as('alice', 'send', room, '-'), text);
      expect(ran).toMatchObject({ code: 1 });
      expect(ran.stderr).toMatch(/larger/);
    }
    await fails(as('alice', 'send', room, ' '));
    await fails(as('alice', 'room', 'create', 'x'.repeat(81)));
    await ok(as('alice', 'send', room, 'and this one goes'));
  });

  test('what is about a room that one has left is refused at once', async () => {
    const [made] = await ok(as('alice', 'room', 'create', 'Short-lived'));
    const left = String(made?.room);
    await ok(as('alice', 'leave', left));
    for (const args of [
      ['leave', left],
      ['add', left, 'bob'],
      ['invite', left],
      ['send', left, 'anybody?'],
    ]) {
      expect((await fails(as('alice', ...args))).stderr, args.join(' ')).toMatch(
        /not a member|no longer a member/,
      );
    }
  });

  test('no server: reading waits for nothing for ever, and says so', async () => {
    const ran = await sotto([
      'signup',
      'dave',
      '--server',
      'http://127.0.0.1:9',
      '--home',
      join(folder, 'dave'),
      '--json',
    ]);
    expect(ran.code).not.toBe(0);
    expect(ran.stderr + ran.stdout).toMatch(/\w/);
  });

  test('send keeps trying through an outage', async () => {
    const { port } = replica;
    await replica.kill('SIGKILL');
    const sending = startSotto(as('bob', 'send', room, 'sent while the server was away'));
    replica = await startReplica({ dataDir: join(folder, 'data'), port });
    const ran = await sending.ended;
    expect(ran).toMatchObject({ code: 0 });
    const read = await ok(as('alice', 'read', room));
    expect(textsOf(read).at(-1)).toBe('sent while the server was away');
    expect(read.at(-1)?.seq).toBe(ran.lines[0]?.seq);
  });
});
