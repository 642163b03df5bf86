/**
 * What a first visit downloads before it can do anything: every script that the page or the worker loads without being
 * asked. Measured on a build of its own, compressed as a server would.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { parseAst } from 'vite';
import { afterAll, beforeAll, expect, test } from 'vitest';

const MAX_BYTES = 150_000;
const WEB = join(dirname(fileURLToPath(import.meta.url)), '..');
const dist = mkdtempSync(join(tmpdir(), 'sotto-size-'));

/** Scripts of the first load by path, with their text. */
const first = new Map<string, string>();

/** What a script names with `import … from` or as its worker; what it fetches later by `import()` is not among them. */
function namedBy(path: string, code: string): string[] {
  const imports = parseAst(code).body.flatMap((node) =>
    'source' in node && node.source != null ? [String(node.source.value)] : [],
  );
  const workers = [...code.matchAll(/new Worker\(\s*new URL\(\s*["'`]([^"'`]+)/g)].map(
    (match) => match[1] as string,
  );
  return [...imports, ...workers].map((name) => posix.resolve('/', posix.dirname(path), name));
}

function load(path: string): void {
  if (first.has(path)) return;
  const code = readFileSync(join(dist, path), 'utf8');
  first.set(path, code);
  for (const next of namedBy(path, code)) load(next);
}

beforeAll(() => {
  // As a program of its own: under vitest it would be a development build.
  const vite = join(dirname(createRequire(import.meta.url).resolve('vite/package.json')), 'bin', 'vite.js');
  execFileSync(process.execPath, [vite, 'build', '--outDir', dist, '--emptyOutDir', '--logLevel', 'warn'], {
    cwd: WEB,
    env: { PATH: process.env.PATH },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const page = readFileSync(join(dist, 'index.html'), 'utf8');
  for (const [, path] of page.matchAll(/(?:src|href)="(\/[^"]+\.js)"/g)) load(path as string);
}, 120_000);

afterAll(() => rmSync(dist, { recursive: true }));

test('the first load is at most 150 KB of compressed JavaScript', () => {
  const sizes = [...first].map(([path, code]) => [path, gzipSync(code, { level: 9 }).length] as const);
  const total = sizes.reduce((sum, [, bytes]) => sum + bytes, 0);
  console.log(
    `first load: ${total} bytes gzipped in ${sizes.map(([path, b]) => `${path} (${b})`).join(', ')}`,
  );
  expect(sizes.map(([path]) => path).join(' ')).toMatch(/index.*worker/);
  expect(total).toBeLessThanOrEqual(MAX_BYTES);
});

test('word list, Argon2id and Markdown come when they are wanted', () => {
  for (const [path, code] of first) {
    for (const mark of ['abandon', 'argon2id', 'DOMPurify']) {
      expect(code.includes(mark), `${mark} in ${path}`).toBe(false);
    }
  }
});

test('the page needs nothing that a strict Content-Security-Policy forbids', () => {
  const page = readFileSync(join(dist, 'index.html'), 'utf8');
  expect(page).not.toMatch(/<script(?![^>]*\bsrc=)/);
  expect(page).not.toMatch(/<style|\sstyle=|\son\w+=/);
  expect(page).not.toMatch(/(?:src|href)="https?:/);
});
