/** Chromium with a profile of its own on disk, as a person has one. */
import { existsSync } from 'node:fs';
import { type BrowserContext, chromium, type Page } from 'playwright-core';

const CANDIDATES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

function executable(): string {
  const named = process.env.SOTTO_CHROMIUM ?? CANDIDATES.find((path) => existsSync(path));
  if (named === undefined) throw new Error('no Chromium: install one or name it in SOTTO_CHROMIUM');
  return named;
}

export interface Profile {
  readonly context: BrowserContext;
  readonly page: Page;
  /** What the page complained of: errors on its console and uncaught ones. */
  readonly complaints: string[];
}

export const DESKTOP = { width: 1280, height: 800 } as const;
export const PHONE = { width: 390, height: 844 } as const;

export async function openProfile(
  profileDir: string,
  viewport: { width: number; height: number } = DESKTOP,
): Promise<Profile> {
  const context = await chromium.launchPersistentContext(profileDir, {
    executablePath: executable(),
    viewport,
    // The sandbox needs privileges that a container does not give; only our own page is opened.
    args: ['--no-sandbox'],
    // The tests' ports change with every run, and a service worker would answer from an older one.
    serviceWorkers: 'block',
  });
  context.setDefaultTimeout(30_000);
  const page = context.pages()[0] ?? (await context.newPage());
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  return { context, page, complaints };
}
