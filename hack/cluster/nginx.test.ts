import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type NginxOptions, nginxBuild, nginxConfig, type Stickiness } from './nginx.ts';

const DEBIAN = 'nginx version: nginx/1.22.1\nconfigure arguments: --with-http_v2_module';
const build = nginxBuild(DEBIAN);
const options = (stickiness: Stickiness): NginxOptions => ({
  host: '127.0.0.1',
  port: 8080,
  upstreams: [1, 2, 3].map((i) => ({ route: `r${i}`, host: '127.0.0.1', port: 9000 + i })),
  stickiness,
  build,
});

test.each([
  ['1.22.1', false],
  ['1.29.5', false],
  ['1.29.6', true],
  ['1.30.0', true],
  ['2.0.0', true],
])('NGINX %s has sticky: %s', (version, sticky) => {
  expect(nginxBuild(`nginx version: nginx/${version} (Ubuntu)`)).toMatchObject({ version, sticky });
});

test('modules that were left out get no folder, and another program is no NGINX', () => {
  expect(nginxBuild(`${DEBIAN} --without-http_uwsgi_module`).tempOf).toEqual(['proxy', 'fastcgi', 'scgi']);
  expect(() => nginxBuild('Server version: Apache/2.4')).toThrow('no NGINX');
});

test('by route: a client stays with its replica, and the others stand in', () => {
  const text = nginxConfig(options('route'));
  expect(text).toContain('map $cookie_sotto_route $sotto_upstream {\n    default sotto;\n    r1 sotto_r1;');
  const own = /upstream sotto_r2 \{([^}]*)\}/.exec(text)?.[1];
  expect(own).toMatch(/server 127\.0\.0\.1:9002 max_fails=1 fail_timeout=2s;/);
  expect(own?.match(/backup;/g)).toHaveLength(2);
  expect(text).toContain('proxy_pass http://$sotto_upstream;');
  expect(text).not.toContain('sticky cookie');
});

test('by the sticky directive: NGINX keeps the cookie itself', () => {
  const text = nginxConfig(options('sticky'));
  expect(text).toContain('sticky cookie sotto_route httponly samesite=lax path=/socket.io/;');
  expect(text).not.toContain('$cookie_');
});

test('without stickiness: any replica', () => {
  const text = nginxConfig(options('none'));
  expect(text).toMatch(/upstream sotto \{\n\s+random;/);
  expect(text).not.toContain('sticky');
  expect(text).not.toContain('$cookie_');
});

test('a quiet connection outlives a ping and its answer; operators’ numbers stay inside', () => {
  const text = nginxConfig(options('route'));
  const readTimeoutS = Number(/proxy_read_timeout (\d+)s/.exec(text)?.[1]);
  expect(readTimeoutS).toBeGreaterThan(25 + 20);
  expect(text).toMatch(/location = \/metrics \{\s+return 404;/);
  expect(text).not.toContain('non_idempotent');
});

const installed = spawnSync('nginx', ['-V'], { encoding: 'utf8' });
test.skipIf(installed.status !== 0).each(['route', 'none', 'sticky'] as const)(
  'the installed NGINX accepts it: %s',
  (stickiness) => {
    const real = nginxBuild(installed.stderr);
    if (stickiness === 'sticky' && !real.sticky) return;
    const folder = mkdtempSync(join(tmpdir(), 'sotto-nginx-'));
    mkdirSync(join(folder, 'tmp'));
    writeFileSync(join(folder, 'nginx.conf'), nginxConfig({ ...options(stickiness), build: real }));
    const checked = spawnSync('nginx', ['-t', '-q', '-p', folder, '-c', 'nginx.conf', '-e', 'stderr'], {
      encoding: 'utf8',
    });
    rmSync(folder, { recursive: true });
    expect(checked.stderr).toBe('');
    expect(checked.status).toBe(0);
  },
);
