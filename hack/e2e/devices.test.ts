/**
 * One person with two browsers and two tabs: an account restored by its phrase shows what was said, one tab writes at a time, and a device that
 * is revoked is cut off and says so.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Replica, startReplica } from '../lib/replica.ts';
import { openProfile, PHONE, type Profile } from './browser.ts';
import { Person } from './person.ts';
import { portray } from './shots.ts';

const folder = mkdtempSync(join(tmpdir(), 'sotto-devices-'));
let replica: Replica;
let first: Profile;
let second: Profile;
let desk: Person;
let phone: Person;
let phrase: string;

beforeAll(async () => {
  replica = await startReplica({ dataDir: join(folder, 'data') });
  first = await openProfile(join(folder, 'desk'));
  second = await openProfile(join(folder, 'phone'), PHONE);
  desk = new Person(first.page);
  phone = new Person(second.page);
});

afterAll(async () => {
  await Promise.all([first?.context.close(), second?.context.close()]);
  await replica?.kill('SIGTERM');
  rmSync(folder, { recursive: true });
});

const reaches = (who: Person, text: string) => who.message(text).waitFor({ timeout: 60_000 });

describe('two devices of one person', () => {
  const flaws: string[] = [];

  test('the phrase brings the account to a second browser, with all that was said', async () => {
    phrase = await desk.signUp(replica.url, 'dora', async (screen, shows) => {
      flaws.push(...(await portray(desk.page, screen, shows)));
    });
    await desk.createRoom('Notes to self');
    await desk.say('written at the desk');
    await desk.at('composer').fill('');
    await phone.page.goto(replica.url);
    await phone.at('restore-open').click();
    await phone.at('restore-handle').fill('dora');
    await phone.at('restore-words').fill(`${phrase.split(' ').slice(1).join(' ')} abandon`);
    await phone.at('restore-start').click();
    await phone.at('restore-error').waitFor({ timeout: 60_000 });
    flaws.push(...(await portray(phone.page, 'restore', 'restore-error')));
    await phone.at('restore-words').fill(phrase);
    await phone.at('restore-start').click();
    await phone.at('room-item').first().click({ timeout: 60_000 });
    await reaches(phone, 'written at the desk');
    flaws.push(...(await portray(phone.page, 'restored', 'composer')));
  });

  test('both write, both see both', async () => {
    await phone.say('written on the phone');
    await reaches(desk, 'written on the phone');
    await desk.say('and back at the desk');
    await reaches(phone, 'and back at the desk');
  });

  test('without a network it says so at once, keeps what is written, and goes on when it is back', async () => {
    const state = () => desk.at('connection').first().getAttribute('data-state');
    await first.context.setOffline(true);
    // Long before a ping could have been missed.
    await expect.poll(state, { timeout: 10_000 }).toBe('offline');
    await desk.say('written without a network');
    await desk.page.locator('[data-send="queued"]').waitFor();
    await first.context.setOffline(false);
    await reaches(phone, 'written without a network');
    await expect.poll(state).toBe('online');
  });

  test('a second tab waits, takes over when asked to, and gives back', async () => {
    const tab = new Person(await first.context.newPage());
    await tab.page.goto(replica.url);
    await tab.at('elsewhere').waitFor();
    await tab.at('use-here').click();
    await tab.at('room-item').first().click({ timeout: 60_000 });
    await desk.at('elsewhere').waitFor();
    flaws.push(...(await portray(desk.page, 'elsewhere', 'use-here')));
    await tab.say('from the other tab');
    await reaches(phone, 'from the other tab');
    await desk.at('use-here').click();
    await tab.at('elsewhere').waitFor({ timeout: 30_000 });
    await reaches(desk, 'from the other tab');
    await tab.page.close();
    await desk.say('and in the first one again');
    await reaches(phone, 'and in the first one again');
  });

  test('the phone is revoked: it is told so, and what comes after is not for it', async () => {
    await desk.at('settings-open').click();
    await expect.poll(() => desk.at('device').count()).toBe(2);
    flaws.push(...(await portray(desk.page, 'settings', 'devices')));
    await desk.at('device-revoke').click();
    await desk.at('revoke-confirm').click();
    await expect.poll(() => phone.at('connection').first().getAttribute('data-state')).toBe('offline');
    expect(await phone.at('connection').first().innerText()).toMatch(/revoked/i);
    await desk.page.keyboard.press('Escape');
    await desk.say('the phone is lost');
    await expect.poll(() => desk.page.locator('[data-send="queued"], [data-send="sent"]').count()).toBe(0);
    expect(await phone.page.getByText('the phone is lost').count()).toBe(0);
  });

  test('screens: no violation of an axe rule, no complaint on a console', () => {
    expect(flaws).toEqual([]);
    expect([...first.complaints, ...second.complaints].filter((c) => !/WebSocket|net::ERR/.test(c))).toEqual(
      [],
    );
  });
});
