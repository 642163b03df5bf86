/** What a person does in the web client, by the names that its parts carry (web/README.md lists them). */

import type { Locator, Page } from 'playwright-core';
import { expect, vi } from 'vitest';

export class Person {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  at(testId: string): Locator {
    return this.page.getByTestId(testId);
  }

  /** Signs up with a recovery phrase, confirming the words that are asked for; returns the phrase. `look` sees the screens on the way. */
  async signUp(
    url: string,
    handle: string,
    look: (screen: string, shows: string) => Promise<void> = async () => {},
  ): Promise<string> {
    await this.page.goto(url);
    await this.at('signup-handle').fill(handle);
    await this.at('signup-start').click();
    // Key pairs are made here: seconds on a busy machine.
    await this.at('phrase-words').waitFor({ timeout: 120_000 });
    const shown = await this.at('phrase-words').innerText();
    const words = shown.match(/[a-z]{3,}/g) ?? [];
    expect(words).toHaveLength(24);
    await look('phrase', 'phrase-words');
    await this.at('phrase-continue').click();
    await this.at('phrase-confirm-submit').waitFor();
    await look('confirm', 'phrase-confirm-submit');
    for (const field of await this.page.locator('[data-testid^="phrase-confirm-"]').all()) {
      const number = /^phrase-confirm-(\d+)$/.exec((await field.getAttribute('data-testid')) ?? '')?.[1];
      if (number !== undefined) await field.fill(words[Number(number) - 1] as string);
    }
    await this.at('phrase-confirm-submit').click();
    await this.at('room-new').waitFor({ timeout: 60_000 });
    return words.join(' ');
  }

  async createRoom(name: string): Promise<void> {
    await this.at('room-new').click();
    await this.at('room-name').fill(name);
    await this.at('room-create').click();
    await this.at('composer').waitFor();
  }

  /** Has the members' panel open or closed (on a desktop, where its button is always in reach). */
  async members(open: boolean): Promise<void> {
    if ((await this.at('member-list').isVisible()) !== open) await this.at('members-open').click();
    await this.at('member-list').waitFor({ state: open ? 'visible' : 'hidden' });
  }

  /** Presses Escape until that is gone: what was opened last closes first. */
  async escape(testId: string): Promise<void> {
    await expect
      .poll(async () => {
        await this.page.keyboard.press('Escape');
        return this.at(testId).isVisible();
      })
      .toBe(false);
  }

  /** Makes an invite link for the open room. */
  async invite(): Promise<string> {
    await this.members(true);
    await this.at('invite-open').click();
    const field = this.at('invite-link');
    await expect.poll(() => linkIn(field), { timeout: 60_000 }).toContain('/i#');
    const link = await linkIn(field);
    await this.escape('invite-link');
    await this.members(false);
    return link;
  }

  async join(link: string): Promise<void> {
    await this.page.goto(link);
    await this.at('join-confirm').click();
    await this.at('composer').waitFor({ timeout: 60_000 });
  }

  async say(text: string): Promise<void> {
    await this.at('composer').fill(text);
    await this.at('composer').press('Enter');
  }

  /** The newest rendered message that says `text`; one that merely quotes it is another. */
  message(text: string): Locator {
    const said = this.page.getByTestId('message-text').filter({ hasText: text });
    return this.page.locator('[data-testid="message"]').filter({ has: said }).last();
  }

  async act(text: string, action: 'reply' | 'edit' | 'delete' | 'react'): Promise<void> {
    const message = this.message(text);
    // A message that comes in moves the others under a resting pointer; a person moves it again.
    await vi.waitFor(
      async () => {
        await message.hover();
        await message.getByTestId('message-menu').click({ timeout: 1000 });
      },
      { timeout: 30_000 },
    );
    await this.at(`action-${action}`).click();
  }

  async isOnline(): Promise<boolean> {
    return (await this.at('connection').first().getAttribute('data-state')) === 'online';
  }
}

const linkIn = async (field: Locator): Promise<string> =>
  (
    await field.evaluate((element) =>
      'value' in element ? String(element.value) : (element.textContent ?? ''),
    )
  ).trim();
