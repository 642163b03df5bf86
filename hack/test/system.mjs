/** Programs outside npm that the tests use: a Chromium, and fonts so that its screenshots show every script. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const APT = '/usr/bin/apt-get';
const NOTO = '/usr/share/fonts/truetype/noto';
const NEEDED = [
  { name: 'chromium', at: ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'] },
  { name: 'fonts-noto-core', at: [`${NOTO}/NotoSans-Regular.ttf`] },
  { name: 'fonts-noto-color-emoji', at: [`${NOTO}/NotoColorEmoji.ttf`] },
];

/** Debian's names of what is absent. Elsewhere fonts have other paths, so only the browser is asked for. */
function missing() {
  const named = process.env.SOTTO_CHROMIUM;
  return NEEDED.filter(({ name, at }) => {
    if (name === 'chromium' && named !== undefined) return !existsSync(named);
    if (name !== 'chromium' && !existsSync(APT)) return false;
    return !at.some((path) => existsSync(path));
  }).map(({ name }) => name);
}

/** Installs what is missing on Debian as root. Returns null, or one sentence that says what a person can do. */
export function ensureSystem() {
  const packages = missing();
  if (packages.length === 0) return null;
  const absent = packages.join(', ');
  if (!existsSync(APT) || process.getuid?.() !== 0) {
    return `the browser tests need ${absent}: install it, or name a Chromium in SOTTO_CHROMIUM.`;
  }
  process.stderr.write(`sotto: installing ${absent} (apt-get) …\n`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const options = { env, stdio: ['ignore', 2, 2] };
  const install = ['install', '-y', '-qq', '--no-install-recommends', ...packages];
  if (spawnSync(APT, ['update', '-qq'], options).status === 0) spawnSync(APT, install, options);
  return missing().length === 0 ? null : `apt-get could not install ${absent}; the lines above say why.`;
}
