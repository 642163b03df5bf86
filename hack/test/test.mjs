/**
 * `npm test`: installs what is missing, runs every check and every test, and ends with one plain line
 * `N passed, N failed`. Plain JavaScript for Node 20 and later.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { ensurePackages, ensureWeb, giveUp, nodePath, ROOT } from '../start/toolchain.mjs';
import { ensureSystem } from './system.mjs';

ensurePackages();
ensureSystem();
ensureWeb();

const bin = join(ROOT, 'node_modules', '.bin');
const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}`, NO_COLOR: '1' };
let passed = 0;
let failed = 0;

/** The script behind a package's command: in the workspace's own node_modules, or in the root's. */
function scriptOf(name, workspace) {
  const folders = [join(ROOT, workspace, 'node_modules', name), join(ROOT, 'node_modules', name)];
  const folder = folders.find((candidate) => existsSync(candidate));
  if (folder === undefined) giveUp(`the package ${name} is missing; run npm ci.`);
  const { bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return join(folder, typeof bin === 'string' ? bin : (bin[name] ?? Object.values(bin)[0]));
}

/** Runs a package's command under the pinned Node; says its name, its outcome and its time. */
function step(name, command, args, workspace = '.') {
  process.stdout.write(`\n== ${name}\n`);
  const begun = Date.now();
  const cwd = join(ROOT, workspace);
  const options = { cwd, env, stdio: ['ignore', 1, 1] };
  const { status } = spawnSync(nodePath(), [scriptOf(command, workspace), ...args], options);
  process.stdout.write(
    `== ${name}: ${status === 0 ? 'ok' : 'FAILED'} in ${Math.round((Date.now() - begun) / 1000)} s\n`,
  );
  return status === 0;
}

function check(...args) {
  if (step(...args)) passed++;
  else failed++;
}

check('format and lint', '@biomejs/biome', ['ci', '.']);
check('types', 'typescript', ['--noEmit', '-p', '.']);
check('types of the web client', 'svelte-check', ['--fail-on-warnings'], 'web');
check('import directions and cycles', 'dependency-cruiser', ['services', 'hack', 'web/src']);
check('dead exports and packages', 'knip', []);

const folder = mkdtempSync(join(tmpdir(), 'sotto-test-'));
const report = join(folder, 'report.json');
const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
const ran = step('tests', 'vitest', ['run', ...reporters, ...process.argv.slice(2)]);
if (existsSync(report)) {
  const result = JSON.parse(readFileSync(report, 'utf8'));
  passed += result.numPassedTests;
  failed += result.numFailedTests;
  // A file that could not be loaded fails without a failed test in it.
  if (!ran && result.numFailedTests === 0) failed++;
} else {
  failed++;
}
rmSync(folder, { recursive: true });

process.stdout.write(`\n${passed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 && ran ? 0 : 1;
