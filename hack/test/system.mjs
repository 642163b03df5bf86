/** Programs outside npm that the tests use: Redis, NGINX, a Chromium, and fonts so that its screenshots show every script. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const APT = '/usr/bin/apt-get';
const NOTO = '/usr/share/fonts/truetype/noto';
const onPath = (name) => (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, name));
const NEEDED = [
  { name: 'redis-server', at: onPath('redis-server'), named: process.env.SOTTO_REDIS_SERVER },
  { name: 'nginx', at: [...onPath('nginx'), '/usr/sbin/nginx'] },
  {
    name: 'chromium',
    at: ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'],
    named: process.env.SOTTO_CHROMIUM,
  },
  { name: 'fonts-noto-core', at: [`${NOTO}/NotoSans-Regular.ttf`] },
  { name: 'fonts-noto-color-emoji', at: [`${NOTO}/NotoColorEmoji.ttf`] },
];

/** Debian's names of what is absent. Elsewhere fonts have other paths, so only the programs are asked for. */
function missing() {
  return NEEDED.filter(({ name, at, named }) => {
    if (named !== undefined) return !existsSync(named);
    if (name.startsWith('fonts-') && !existsSync(APT)) return false;
    return !at.some((path) => existsSync(path));
  }).map(({ name }) => name);
}

/** Debian starts what it installs, where there is an init; the tests start servers of their own and want no other. */
function stopService(name) {
  const command = existsSync('/run/systemd/system')
    ? ['systemctl', 'disable', '--now', name]
    : ['service', name, 'stop'];
  spawnSync(command[0], command.slice(1), { stdio: 'ignore' });
}

/** Installs what is missing on Debian as root. Returns null, or one sentence that says what a person can do. */
export function ensureSystem() {
  const packages = missing();
  if (packages.length === 0) return null;
  const absent = packages.join(', ');
  if (!existsSync(APT) || process.getuid?.() !== 0) {
    return `the tests need ${absent}: install it, or name a Chromium in SOTTO_CHROMIUM, a Redis in SOTTO_REDIS_SERVER.`;
  }
  process.stderr.write(`sotto: installing ${absent} (apt-get) …\n`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const options = { env, stdio: ['ignore', 2, 2] };
  const install = ['install', '-y', '-qq', '--no-install-recommends', ...packages];
  if (spawnSync(APT, ['update', '-qq'], options).status === 0) spawnSync(APT, install, options);
  for (const name of ['redis-server', 'nginx']) if (packages.includes(name)) stopService(name);
  return missing().length === 0 ? null : `apt-get could not install ${absent}; the lines above say why.`;
}
