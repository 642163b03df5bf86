/** The import rules are only worth something if they fail: every wrong arrow of the house, drawn once. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..', '..');
const CRUISER = join(ROOT, 'node_modules', 'dependency-cruiser', 'bin', 'dependency-cruise.mjs');
const WORKSPACES = {
  protocol: 'services',
  log: 'services',
  client: 'services',
  'server-express': 'services',
};

const WRONG: [rule: string, file: string, source: string][] = [
  ['protocol-is-pure', 'services/protocol/src/a.ts', "import 'node:fs';"],
  ['protocol-imports-nothing', 'services/protocol/src/b.ts', "import type { x } from '@sotto/client';"],
  ['protocol-imports-nothing', 'services/protocol/src/b.test.ts', "import '@sotto/log';"],
  ['log-imports-protocol-only', 'services/log/src/a.ts', "import '@sotto/client';"],
  ['client-imports-protocol-only', 'services/client/src/a.ts', "import '@sotto/log';"],
  ['servers-never-import-client', 'services/server-express/src/a.ts', "import '@sotto/client';"],
  ['web-through-client', 'web/src/a.ts', "import '@sotto/log';"],
  ['web-through-client', 'web/src/B.svelte', '<script lang="ts">import \'@sotto/server-express\';</script>'],
  ['web-opens-no-socket', 'web/src/c.ts', "import 'socket.io-client';"],
  ['nobody-imports-hack', 'services/log/src/b.ts', "import '../../../hack/x.ts';"],
  ['no-cycles', 'services/log/src/c.ts', "import type {} from './c2.ts';"],
  ['unresolved', 'services/log/src/d.ts', "import './nowhere.ts';"],
];
const RIGHT: [file: string, source: string][] = [
  ['services/log/src/right.ts', "import '@sotto/protocol';"],
  ['services/client/src/right.ts', "import '@sotto/protocol'; import 'node:fs';"],
  ['services/server-express/src/right.ts', "import '@sotto/log'; import '@sotto/protocol';"],
  ['services/protocol/src/right.test.ts', "import 'node:fs';"],
  ['web/src/right.ts', "import '@sotto/client'; import '@sotto/protocol';"],
  ['hack/right.ts', "import '@sotto/client'; import '@sotto/log';"],
];

describe('import rules', () => {
  let house = '';
  let found: { from: string; rule: string }[] = [];

  beforeAll(() => {
    house = mkdtempSync(join(tmpdir(), 'sotto-imports-'));
    const write = (path: string, text: string) => {
      mkdirSync(dirname(join(house, path)), { recursive: true });
      writeFileSync(join(house, path), `${text}\n`);
    };
    mkdirSync(join(house, 'node_modules', '@sotto'), { recursive: true });
    for (const [name, folder] of Object.entries(WORKSPACES)) {
      write(`${folder}/${name}/package.json`, JSON.stringify({ exports: { '.': './src/index.ts' } }));
      write(`${folder}/${name}/src/index.ts`, 'export const x = 1;');
      symlinkSync(join(house, folder, name), join(house, 'node_modules', '@sotto', name), 'junction');
    }
    write('node_modules/socket.io-client/package.json', JSON.stringify({ main: 'index.js' }));
    write('node_modules/socket.io-client/index.js', '');
    write('services/log/src/c2.ts', "import './c.ts';");
    write('hack/x.ts', 'export {};');
    for (const [, file, source] of WRONG) write(file, source);
    for (const [file, source] of RIGHT) write(file, source);

    const config = join(ROOT, '.dependency-cruiser.cjs');
    const args = [CRUISER, '--config', config, '--output-type', 'json', 'services', 'web', 'hack'];
    const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: house, encoding: 'utf8' });
    if (stdout === '') throw new Error(stderr);
    const { violations } = JSON.parse(stdout).summary;
    found = violations.map((v: { from: string; rule: { name: string } }) => ({
      from: v.from,
      rule: v.rule.name,
    }));
  }, 60_000);

  afterAll(() => rmSync(house, { recursive: true, force: true }));

  it.each(WRONG)('%s refuses %s', (rule, from) => {
    expect(found).toContainEqual({ from, rule });
  });

  it.each(RIGHT)('%s is allowed', (file) => {
    expect(found.filter(({ from }) => from === file)).toEqual([]);
  });
});
