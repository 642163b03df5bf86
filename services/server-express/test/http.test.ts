/** What is answered over plain HTTP: health, metrics, headers, the web client's files. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { person } from './support/people.ts';
import { signUp } from './support/raw-client.ts';
import { type TestReplica, testReplica } from './support/replica.ts';
import { makeRoom } from './support/room.ts';

const webDir = mkdtempSync(join(tmpdir(), 'sotto-web-'));
let replica: TestReplica;
const get = (path: string) => fetch(`${replica.url}${path}`);

beforeAll(async () => {
  mkdirSync(join(webDir, 'assets'));
  writeFileSync(join(webDir, 'index.html'), '<!doctype html><title>Sotto</title>');
  writeFileSync(join(webDir, 'assets', 'app-1a2b3c.js'), 'export {};');
  writeFileSync(join(webDir, 'icon.svg'), '<svg/>');
  replica = await testReplica({ webDir });
});
afterAll(async () => {
  await replica.dispose();
  rmSync(webDir, { recursive: true });
});

test('alive and ready', async () => {
  expect((await get('/healthz')).status).toBe(200);
  expect((await get('/readyz')).status).toBe(200);
});

test('metrics count what happened and name nobody', async () => {
  const ada = await person(0, 'ada-lovelace');
  const client = await signUp(replica.url, ada);
  const room = await makeRoom(ada, client);
  await room.say(ada, client, 'counted');
  const text = await (await get('/metrics')).text();
  expect(text).toContain('sotto_connections 1');
  expect(text).toContain('sotto_appends_total{outcome="ok"} 3');
  expect(text).toContain('sotto_rooms_followed 1');
  expect(text).toMatch(/sotto_ack_seconds_count 3/);
  expect(text).toContain('nodejs_eventloop_lag_seconds');
  expect(text).not.toContain('ada');
  client.close();
});

test('the page is never cached, hashed files for ever, and the page answers its own paths', async () => {
  for (const path of ['/', '/i', '/r/abc', '/r/abc/members']) {
    const answer = await get(path);
    expect(answer.status, path).toBe(200);
    expect(answer.headers.get('cache-control')).toBe('no-cache');
    expect(await answer.text()).toContain('<title>Sotto</title>');
  }
  const asset = await get('/assets/app-1a2b3c.js');
  expect(asset.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
  expect((await get('/icon.svg')).headers.get('cache-control')).toBe('no-cache');
});

test('what is not there is not there, in plain words', async () => {
  for (const path of ['/assets/none.js', '/../package.json', '/%2e%2e/package.json', '/nowhere', '/%ff']) {
    const answer = await get(path);
    expect([400, 404], path).toContain(answer.status);
    expect(await answer.text()).not.toMatch(/node_modules|at .*:\d+/);
  }
});

test('security headers are strict on every answer', async () => {
  for (const path of ['/', '/healthz', '/nowhere']) {
    const { headers } = await get(path);
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain('unsafe');
    expect(policy).toContain(`ws://${new URL(replica.url).host}`);
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('cross-origin-opener-policy')).toBe('same-origin');
    expect(headers.get('cross-origin-resource-policy')).toBe('same-origin');
    expect(headers.get('x-powered-by')).toBeNull();
  }
});

test('a web client that is not built is said so', async () => {
  const bare = await testReplica({ webDir: join(webDir, 'nowhere') });
  const answer = await fetch(bare.url);
  expect(answer.status).toBe(503);
  expect(await answer.text()).toContain('not built');
  await bare.dispose();
});
