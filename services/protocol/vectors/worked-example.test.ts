/** Runs the commands of PROTOCOL.md's worked example and compares what they print with what the document says. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const document = readFileSync(new URL('../PROTOCOL.md', import.meta.url), 'utf8');
const example = document.slice(document.indexOf('## 21. A worked example'));

/** Each block of commands, and what the document says that it prints. */
const steps = [...example.matchAll(/```sh\n(.*?)```\n(?:```text\n(.*?)```)?/gs)].map((match) => ({
  commands: match[1] as string,
  prints: match[2] ?? '',
}));

const version = spawnSync('openssl', ['version'], { encoding: 'utf8' });
const shell = spawnSync('bash', ['-c', 'exit 0']);
const able = /^OpenSSL [3-9]/.test(version.stdout ?? '') && shell.status === 0;
if (!able) console.log('The worked example needs bash and OpenSSL 3 on the PATH; it is not run here.');

test.runIf(able)('openssl alone follows the worked example', () => {
  expect(steps.length).toBe(10);
  const folder = mkdtempSync(join(tmpdir(), 'sotto-example-'));
  try {
    cpSync(fileURLToPath(new URL('./worked-example/', import.meta.url)), folder, { recursive: true });
    const script = steps.map(({ commands }, i) => `${commands}\necho "@@${i}"`).join('\n');
    const run = spawnSync('bash', ['-c', `set -euo pipefail\n${script}`], { cwd: folder, encoding: 'utf8' });
    expect(run.stderr).toBe('');
    const printed = run.stdout.split(/@@\d+\n/);
    for (const [i, { prints }] of steps.entries()) expect(printed[i], `step ${i + 1}`).toBe(prints);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('the document names every call, notice, statement and kind of payload', () => {
  const read = (path: string) => JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'));
  const calls = Object.keys(read('../schemas/calls.json').properties);
  const consts = (file: string) =>
    [...readFileSync(new URL(file, import.meta.url), 'utf8').matchAll(/"const": "([a-z.-]+)"/g)].map(
      (m) => m[1] as string,
    );
  const names = [
    ...calls,
    ...consts('../schemas/frames.json'),
    ...consts('../schemas/statement.json'),
    ...consts('../schemas/membership.json'),
    ...consts('../schemas/payload.json'),
  ];
  for (const name of names) expect(document, name).toContain(`\`${name}`);
});
