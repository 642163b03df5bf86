/** Screenshots of a screen at desktop and phone size, light and dark, into an ignored folder; and the axe rules on each. */
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';
import { DESKTOP, PHONE } from './browser.ts';

const SHOTS = fileURLToPath(new URL('shots', import.meta.url));
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** One line a violation: rule, impact, how many places, the first of them. Evaluated past the page's strict CSP. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  const { violations: found } = await page.evaluate(() =>
    (globalThis as unknown as { axe: { run(): Promise<AxeResults> } }).axe.run(),
  );
  return found.map((v) => `${v.id} (${v.impact}) x ${v.nodes.length}: ${v.nodes[0]?.html.slice(0, 200)}`);
}

/**
 * Takes the four pictures of a screen; every violation of an axe rule on any of them. `shows`: the test id of what must be seen on each, so that
 * no picture is of another screen.
 */
export async function portray(page: Page, name: string, shows: string): Promise<string[]> {
  mkdirSync(SHOTS, { recursive: true });
  const found: string[] = [];
  const before = page.viewportSize() ?? DESKTOP;
  for (const [size, viewport] of [
    ['desktop', DESKTOP],
    ['phone', PHONE],
  ] as const) {
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.setViewportSize(viewport);
      // Without motion nothing is caught half-way through a fade, by neither camera nor contrast rule.
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await page.evaluate(
        () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))),
      );
      await page.getByTestId(shows).first().waitFor({ timeout: 5000 });
      await page.screenshot({ path: join(SHOTS, `${name}-${size}-${colorScheme}.png`) });
      found.push(...(await violations(page)).map((line) => `${name}, ${size}, ${colorScheme}: ${line}`));
    }
  }
  await page.emulateMedia({ colorScheme: null, reducedMotion: null });
  await page.setViewportSize(before);
  return found;
}
