/** Programs outside npm that the tests use: a Chromium, and fonts so that its screenshots show every script. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { giveUp } from '../start/toolchain.mjs';

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const PACKAGES = ['chromium', 'fonts-noto-core', 'fonts-noto-color-emoji'];

/** Installs what is missing on Debian as root; elsewhere says in one sentence what to install. */
export function ensureSystem() {
  if (process.env.SOTTO_CHROMIUM !== undefined || CHROMIUM.some((path) => existsSync(path))) return;
  if (!existsSync('/usr/bin/apt-get') || process.getuid?.() !== 0) {
    giveUp('the tests need a Chromium: install one, or name it in SOTTO_CHROMIUM.');
  }
  process.stderr.write(`sotto: installing ${PACKAGES.join(', ')} (apt-get) …\n`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const options = { env, stdio: ['ignore', 2, 2] };
  const updated = spawnSync('apt-get', ['update', '-qq'], options).status === 0;
  if (!updated || spawnSync('apt-get', ['install', '-y', '-qq', ...PACKAGES], options).status !== 0) {
    giveUp('apt-get could not install Chromium; the lines above say why.');
  }
}
