/**
 * Two people with a browser each, over a line without TLS that is recorded: they sign up, meet by an invite link and
 * write to one another through a reload and an outage. Then both screens are compared, and the recording, the data folder
 * and the logs are searched for anything that was said.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SottoClient } from '@sotto/client';
import { memoryStorage } from '@sotto/client/memory';
import { unsafeKeys } from '@sotto/client/testing';
import { io } from 'socket.io-client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { searchCapture, searchFolders } from '../lib/canary.ts';
import { type Relay, startRelay } from '../lib/relay.ts';
import { type Replica, startReplica } from '../lib/replica.ts';
import { openProfile, type Profile } from './browser.ts';
import { makeCanaries } from './canaries.ts';
import { Person } from './person.ts';
import { portray } from './shots.ts';
import { codeBlock, textOf } from './texts.ts';
import { readTimeline, type Shown, squeezed } from './timeline.ts';

const folder = mkdtempSync(join(tmpdir(), 'sotto-e2e-'));
const at = (name: string): string => join(folder, name);
const canaries = makeCanaries();
const spare = [...canaries.texts];
const canary = (): string => spare.shift() as string;

let replica: Replica;
/** A line for each, so that one can be cut alone. */
let lines: { ann: Relay; ben: Relay; bot: Relay };
/** A third member without a screen: it reacts with what no palette has. */
let bot: SottoClient;
let profiles: { ann: Profile; ben: Profile };
let ann: Person;
let ben: Person;

/** What must stand in the log in the end, by who wrote it. */
const expected: { handle: string; text: string }[] = [];
let said = 0;

async function say(who: Person, text: string): Promise<void> {
  await who.say(text);
  expected.push({ handle: who === ann ? canaries.handles[0] : canaries.handles[1], text });
}

/** `count` messages of every kind; every fifth carries a canary while there are enough of them. */
async function chat(who: Person, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const index = said++;
    const marked = index % 10 === 3 && spare.length > 14 ? ` ${canary()}` : '';
    await say(who, `${textOf(index)}${marked}`);
  }
}

const logged = (who: Person) =>
  expect
    .poll(() => who.page.locator('[data-testid="message"]:not([data-send="logged"])').count(), {
      timeout: 60_000,
    })
    .toBe(0);

/** Both have the newest message of the other on their screens. */
async function metUp(): Promise<void> {
  const mark = `meeting point ${said++}`;
  await say(ann, `${mark} from one`);
  await ben.message(`${mark} from one`).waitFor({ timeout: 60_000 });
  await say(ben, `${mark} from the other`);
  await ann.message(`${mark} from the other`).waitFor({ timeout: 60_000 });
  await Promise.all([logged(ann), logged(ben)]);
}

beforeAll(async () => {
  mkdirSync(at('logs'));
  replica = await startReplica({
    dataDir: at('data'),
    logFile: at('logs/replica.log'),
    env: { SOTTO_LOG_LEVEL: 'trace' },
  });
  const line = (name: string) => startRelay({ targetPort: replica.port, captureDir: at(`capture/${name}`) });
  lines = { ann: await line('ann'), ben: await line('ben'), bot: await line('bot') };
  profiles = { ann: await openProfile(at('profile-ann')), ben: await openProfile(at('profile-ben')) };
  ann = new Person(profiles.ann.page);
  ben = new Person(profiles.ben.page);
});

afterAll(async () => {
  await Promise.all([profiles?.ann.context.close(), profiles?.ben.context.close()]);
  await bot?.close();
  await Promise.all([lines?.ann.close(), lines?.ben.close(), lines?.bot.close()]);
  await replica?.kill('SIGKILL');
  rmSync(folder, { recursive: true });
});

describe('two people, two browsers, one recorded line', () => {
  const flaws: string[] = [];

  test('both sign up', async () => {
    await ann.page.goto(lines.ann.url);
    await ann.at('signup-handle').waitFor();
    flaws.push(...(await portray(ann.page, 'sign-up', 'signup-handle')));
    await Promise.all([
      ann.signUp(lines.ann.url, canaries.handles[0]),
      ben.signUp(lines.ben.url, canaries.handles[1]),
    ]);
    flaws.push(...(await portray(ann.page, 'first-room', 'room-new')));
  });

  test('one makes a room and invites the other by link', async () => {
    await ann.createRoom(canaries.roomName);
    const link = await ann.invite();
    await ben.join(link.replace(lines.ann.url, lines.ben.url));
    bot = await SottoClient.open({ url: lines.bot.url, storage: memoryStorage(), keys: unsafeKeys(3) });
    await bot.signUp(canaries.handles[2], null);
    await bot.join(link);
    await metUp();
  });

  test('both write at once, every plane, both directions, code of 40 KB', async () => {
    await Promise.all([chat(ann, 75), chat(ben, 75)]);
    await say(ann, codeBlock(40_000, canary()));
    await metUp();
  });

  test('one reloads midway and both go on', async () => {
    await Promise.all([
      chat(ann, 50),
      ben.page.reload().then(async () => {
        await ben.at('composer').waitFor({ timeout: 60_000 });
        await chat(ben, 50);
      }),
    ]);
    await metUp();
  });

  test('one is offline for 50 messages, writes meanwhile, and gets them all', async () => {
    lines.ann.cut();
    await expect.poll(() => ann.isOnline(), { timeout: 30_000 }).toBe(false);
    await chat(ben, 50);
    await chat(ann, 5);
    await expect.poll(() => ann.page.locator('[data-send="queued"]').count()).toBeGreaterThan(0);
    lines.ann.mend();
    await expect.poll(() => ann.isOnline(), { timeout: 60_000 }).toBe(true);
    await metUp();
  });

  test('replies, edits, reactions and deletes reach the other', async () => {
    const [room] = bot.rooms().map((view) => view.room) as [string];
    const bots = (text: string) => bot.timeline(room).find((item) => item.text === text)?.id ?? null;
    for (const [who, other, rare] of [
      [ann, ben, canaries.reactions[0]],
      [ben, ann, canaries.reactions[1]],
    ] as const) {
      const [first, second, third, reply, edited] = [canary(), canary(), canary(), canary(), canary()];
      for (const text of [first, second, third]) await say(who, text);
      await other.message(third).waitFor();
      await other.act(first, 'reply');
      await other.say(reply);
      expected.push({ handle: '', text: reply });
      await who.act(second, 'edit');
      await who.at('composer').fill(edited);
      await who.at('composer').press('Enter');
      (expected.find((e) => e.text === second) as { text: string }).text = edited;
      await who.act(third, 'delete');
      expected.splice(
        expected.findIndex((e) => e.text === third),
        1,
      );
      await other.act(first, 'react');
      await other.page.getByTestId('reaction-choice').first().click();
      await expect.poll(() => bots(first)).not.toBeNull();
      await bot.acknowledged(room, await bot.react(room, bots(first) as string, rare, true));
      for (const one of [who, other]) {
        await one.message(first).getByTestId('reaction').filter({ hasText: rare }).waitFor();
        await expect.poll(() => one.message(first).getByTestId('reaction').count()).toBe(2);
      }
      await other.message(edited).waitFor();
      await expect.poll(() => other.page.getByText(third).count()).toBe(0);
    }
    for (const text of spare.splice(0)) await say(ann, text);
    await metUp();
  });

  test('both timelines are identical and complete', async () => {
    const [mine, theirs] = [await readTimeline(ann.page), await readTimeline(ben.page)];
    const from = theirs[0]?.seq ?? 0;
    // Events name their reader ("you"), so they are compared by place and kind alone.
    const view = (list: Shown[]) =>
      list
        .filter((m) => m.seq >= from)
        .map((m) => (m.kind === 'event' ? { seq: m.seq, kind: m.kind } : { ...m, text: squeezed(m.text) }));
    expect(view(theirs)).toEqual(view(mine));
    const texts = view(mine).flatMap((m) => ('text' in m ? [m.text] : []));
    const missing = expected.filter(
      ({ text }) => !text.startsWith('```') && !texts.some((t) => t.includes(squeezed(text))),
    );
    expect(missing).toEqual([]);
    expect(
      texts.some((text) => text.length > 38_000),
      'the code of 40 KB',
    ).toBe(true);
    expect(mine.filter((m) => m.kind === 'deleted')).toHaveLength(2);
    expect(mine.filter((m) => m.kind === 'unreadable')).toEqual([]);
    expect(mine.filter((m) => m.reactions.length > 0)).toHaveLength(2);
    expect(expected.length).toBeGreaterThanOrEqual(300);
    console.log(`e2e: ${expected.length} messages, both timelines of ${mine.length} rows identical`);
  });

  test('screens: no violation of an axe rule, no complaint on a console', async () => {
    flaws.push(...(await portray(ann.page, 'chat', 'composer')));
    await ann.members(true);
    flaws.push(...(await portray(ann.page, 'members', 'member-list')));
    await ann.at('invite-open').click();
    flaws.push(...(await portray(ann.page, 'invite', 'invite-link')));
    await ann.escape('invite-link');
    await ann.members(true);
    await ann.at('member-menu').first().click();
    await ann.at('safety-open').click();
    flaws.push(...(await portray(ann.page, 'safety', 'safety-number')));
    await ann.escape('safety-number');
    expect(flaws).toEqual([]);
    // A cut line makes Chromium itself log each refused connection.
    const own = [...profiles.ann.complaints, ...profiles.ben.complaints].filter(
      (c) => !/WebSocket|net::ERR/.test(c),
    );
    expect(own).toEqual([]);
  });

  test('nothing that was said is in the recording, the data folder or the logs', async () => {
    await Promise.all([profiles.ann.context.close(), profiles.ben.context.close(), bot.close()]);
    expect(spare, 'every canary was said').toEqual([]);
    expect(await replica.kill('SIGTERM')).toMatchObject({ code: 0 });
    const capture = searchCapture(at('capture'), canaries.all);
    const stored = searchFolders([at('data'), at('logs')], canaries.all);
    console.log(
      `canaries: ${canaries.all.length} in ${capture.files} recordings of ${capture.bytes} bytes and ${stored.files} files of ${stored.bytes} bytes: ${capture.findings.length + stored.findings.length} found`,
    );
    expect(canaries.all).toHaveLength(40);
    expect(capture.bytes).toBeGreaterThan(500_000);
    expect(stored.bytes).toBeGreaterThan(200_000);
    expect([...capture.findings, ...stored.findings]).toEqual([]);
  });

  test('the same search finds a canary that is sent and stored in the clear', async () => {
    const planted = canaries.texts[0] as string;
    replica = await startReplica({
      dataDir: at('data'),
      port: replica.port,
      logFile: at('logs/replica.log'),
    });
    const socket = io(lines.ann.url, { transports: ['websocket'], reconnection: false });
    await new Promise((resolve) => socket.once('hello', resolve));
    socket.emit('planted', planted);
    await new Promise((resolve) => {
      socket.once('disconnect', resolve);
      socket.io.engine.once('drain', () => socket.disconnect());
    });
    await fetch(`${lines.ben.url}/?q=${encodeURIComponent(planted)}`);
    const capture = searchCapture(at('capture'), [planted]).findings;
    expect(capture).toContainEqual(
      expect.objectContaining({ encoding: 'raw', place: expect.stringContaining('(opened)') }),
    );
    expect(capture).toContainEqual(expect.objectContaining({ encoding: 'percent-encoded' }));
    // The replica is its database's only user.
    await replica.kill('SIGTERM');
    writeFileSync(join(at('data'), 'planted'), `before ${planted} after`);
    expect(searchFolders([at('data')], [planted]).findings).toHaveLength(1);
  });
});
