/** Whole commands on a client that does what the test tells it. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { afterAll, expect, test } from 'vitest';
import { memberView, roomView, type Stub, stubClient, timelineItem } from '../../testing/stub-client.ts';
import { openFileStorage } from '../store/file.ts';
import { tryLock } from '../store/lock.ts';
import type { SottoClientApi } from '../views.ts';
import type { World } from './context.ts';
import { run } from './run.ts';

const folder = mkdtempSync(join(tmpdir(), 'sotto-run-'));
let made = 0;
afterAll(() => rmSync(folder, { recursive: true }));

/** A home that holds something. */
async function home(): Promise<string> {
  const dir = join(folder, `${++made}`);
  await (await openFileStorage(dir)).close();
  return dir;
}

interface Ran {
  code: number;
  stdout: string;
  stderr: string;
  opened: { url: string; readOnly: boolean }[];
}

interface Going {
  readonly ended: Promise<Ran>;
  readonly stubs: Stub[];
  stop(): void;
}

function start(args: string[], methods: Partial<SottoClientApi> = {}, input = ''): Going {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const stubs: Stub[] = [];
  const opened: Ran['opened'] = [];
  const stopped = Promise.withResolvers<void>();
  const world: World = {
    env: { SOTTO_SERVER: 'http://env.example', SOTTO_HOME: join(folder, 'none') },
    userFolder: folder,
    stdin: Readable.from([input]),
    stdout,
    stderr,
    openClient: async ({ url, storage, readOnly }) => {
      opened.push({ url, readOnly });
      const stub = stubClient({ rooms: () => [roomView()], close: () => storage.close(), ...methods });
      stub.emit('connection', { state: 'online' });
      stubs.push(stub);
      return stub.client;
    },
    untilStopped: () => stopped.promise,
  };
  const ended = run(args, world).then((code) => ({
    code,
    stdout: String(stdout.read() ?? ''),
    stderr: String(stderr.read() ?? ''),
    opened,
  }));
  return { ended, stubs, stop: () => stopped.resolve() };
}

const sotto = (args: string[], methods?: Partial<SottoClientApi>, input?: string): Promise<Ran> =>
  start(args, methods, input).ended;

test('common options before and behind the command; the environment where there are none', async () => {
  const dir = await home();
  const behind = await sotto(['rooms', '--server', 'http://a.example/', '--home', dir, '--json']);
  const before = await sotto(['--server', 'http://a.example/', '--home', dir, '--json', 'rooms']);
  expect(behind).toEqual(before);
  expect(behind.opened).toEqual([{ url: 'http://a.example', readOnly: false }]);
  expect(JSON.parse(behind.stdout)).toEqual(roomView());
  expect((await sotto(['rooms', '--home', dir])).opened[0]?.url).toBe('http://env.example');
});

test.each([
  ['a command that is none', ['dance'], "unknown command 'dance'"],
  ['a missing argument', ['send', 'Ops'], "missing required argument 'text'"],
  ['a server that is none', ['rooms', '--server', 'example.com:80'], 'begins with http://'],
  ['a sequence that is none', ['read', 'Ops', '--since', '-1.5'], 'whole number'],
  ['a role that is none', ['role', 'Ops', 'bob', 'king'], 'owner, admin, member'],
])('%s: a sentence, and nothing is opened', async (_name, args, sentence) => {
  const ran = await sotto(args);
  expect(ran).toMatchObject({ code: 1, stdout: '', opened: [] });
  expect(ran.stderr).toMatch(/^sotto: /);
  expect(ran.stderr).toContain(sentence);
});

test('a home without an account is named, and a look at it makes none', async () => {
  const ran = await sotto(['rooms']);
  expect(ran).toMatchObject({ code: 1, opened: [] });
  expect(ran.stderr).toContain('sotto signup');
  expect(readdirSync(folder)).not.toContain('none');
});

test('sign up: the phrase once; and not twice in one home', async () => {
  const dir = join(folder, 'alice');
  let handle: string | null = null;
  const methods: Partial<SottoClientApi> = {
    account: () => (handle === null ? null : { account: 'a', handle, device: 'd', fingerprint: 'f' }),
    signUp: async (name, passphrase) => {
      handle = name;
      return { phrase: passphrase === null ? 'legal winner' : null };
    },
  };
  const ran = await sotto(['signup', 'alice', '--json', '--home', dir], methods);
  expect(JSON.parse(ran.stdout)).toEqual({ account: 'a', handle: 'alice', phrase: 'legal winner' });
  const again = await sotto(['signup', 'carol', '--home', dir], methods);
  expect(again).toMatchObject({ code: 1, stderr: `sotto: ${dir} belongs to alice already.\n` });
});

test('alerts met on the way are said; an error is one harmless sentence', async () => {
  const dir = await home();
  const going = start(['invite', 'Ops', '--home', dir], {
    invite: async () => {
      const alert = { id: 'x', name: 'ghost-device', room: null, account: null, at: 0, proof: '' } as const;
      going.stubs[0]?.emit('alert', {
        ...alert,
        sentence: 'A device that bob never had.',
        acknowledged: false,
      });
      throw new Error('no\n    at \u001b[2J');
    },
  });
  expect(await going.ended).toMatchObject({
    code: 1,
    stdout: '',
    stderr: 'Alert: A device that bob never had.\nsotto: no at \\u{1b}[2J\n',
  });
});

test('beside a writer, readers look at a snapshot and writers wait', async () => {
  const dir = await home();
  const lock = tryLock(dir);
  expect((await sotto(['rooms', '--home', dir])).opened[0]?.readOnly).toBe(true);
  const invite = start(['invite', 'Ops', '--home', dir], { invite: async () => 'http://x/i#1' });
  setTimeout(() => lock?.release(), 200);
  const ran = await invite.ended;
  expect(ran).toMatchObject({ code: 0, stdout: 'http://x/i#1\n' });
  expect(ran.stderr).toContain('waiting for it to end');
  expect(ran.opened[0]?.readOnly).toBe(false);
});

test('follow: what was there, then what comes, without the lock; a signal ends it well', async () => {
  const dir = await home();
  const items = [
    timelineItem({ seq: 4, text: 'two' }),
    timelineItem({ text: 'one' }),
    timelineItem({ seq: null }),
  ];
  const going = start(['read', 'Ops', '--follow', '--json', '--home', dir, '--since', '3'], {
    timeline: () => items,
  });
  while (going.stubs.length < 2 || (going.stubs[1] as Stub).listeners() < 3) await new Promise(setImmediate);
  const lock = tryLock(dir);
  expect(lock).not.toBeNull();
  lock?.release();
  const emit = (...changed: typeof items) =>
    going.stubs[1]?.emit('timeline', { room: 'room-1', items: changed, reset: false });
  emit(timelineItem({ seq: 6, text: 'four' }), timelineItem({ seq: 5, kind: 'unreadable', text: '' }));
  emit(timelineItem({ seq: 4, text: 'edited' }), timelineItem({ seq: 5, text: 'three' }));
  going.stubs[1]?.emit('timeline', { room: 'other', items: [timelineItem({ seq: 9 })], reset: false });
  await new Promise((resolve) => setTimeout(resolve, 20));
  going.stop();
  const ran = await going.ended;
  expect(ran.code).toBe(0);
  const lines = ran.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines.map(({ seq, text }) => [seq, text])).toEqual([
    [3, 'one'],
    [4, 'two'],
    [5, ''],
    [6, 'four'],
    [5, 'three'],
  ]);
  expect(ran.opened.map(({ readOnly }) => readOnly)).toEqual([false, true]);
});

test('verify shows the number in groups, and marks nothing unless told', async () => {
  const dir = await home();
  let verified = false;
  const methods: Partial<SottoClientApi> = {
    members: () => [memberView({ account: 'b', handle: 'bob', trust: verified ? 'verified' : 'new' })],
    safetyNumber: async () => '1234567890'.repeat(6),
    setVerified: async () => {
      verified = true;
    },
  };
  const shown = await sotto(['verify', 'bob', '--json', '--home', dir], methods);
  expect(JSON.parse(shown.stdout)).toEqual({
    handle: 'bob',
    number: Array(6).fill('12345 67890').join(' '),
    trust: 'new',
  });
  const confirmed = await sotto(['verify', 'bob', '--confirm', '--json', '--home', dir], methods);
  expect(JSON.parse(confirmed.stdout)).toMatchObject({ trust: 'verified' });
});

test('an id or a text that begins with "-" is no option', async () => {
  const dir = await home();
  const room = '-bcdefghijklmnopqrstuv';
  const texts: unknown[] = [];
  const ran = await sotto(['send', room, '-5 °C', '--reply-to', room, '--json', '--home', dir], {
    rooms: () => [roomView({ room })],
    sendText: async (...args) => {
      texts.push(args);
      return 'm';
    },
    acknowledged: async () => ({ seq: 1, chain: 'c' }),
  });
  expect(ran).toMatchObject({ code: 0, stdout: '{"seq":1,"chain":"c","id":"m"}\n' });
  expect(texts).toEqual([[room, '-5 °C', room]]);
});

test('help is no fault', async () => {
  const ran = await sotto(['send', '--help']);
  expect(ran.code).toBe(0);
  expect(ran.stdout).toContain('--server');
});
