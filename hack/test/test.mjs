/**
 * `npm test`: installs what is missing, runs every check and every test, and ends with one plain line
 * `N passed, N failed`. A check counts as one. Plain JavaScript for Node 20 and later.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { buildWeb, ensurePackages, nodePath, ROOT } from '../start/toolchain.mjs';
import { ensureSystem } from './system.mjs';
import { countTests } from './tally.mjs';

let passed = 0;
let failed = 0;

// However this ends, the last line says how: also where an install gives up halfway.
process.on('exit', (code) => {
  if (code !== 0 && failed === 0) failed++;
  process.stdout.write(`\n${passed} passed, ${failed} failed\n`);
});

ensurePackages();

const bin = join(ROOT, 'node_modules', '.bin');
const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}`, NO_COLOR: '1' };
delete env.FORCE_COLOR;

/** The script behind a package's command: in the workspace's own node_modules, or in the root's. */
function scriptOf(name, workspace) {
  const folders = [join(ROOT, workspace, 'node_modules', name), join(ROOT, 'node_modules', name)];
  const folder = folders.find((candidate) => existsSync(candidate));
  if (folder === undefined) throw new Error(`the package ${name} is missing; run npm ci.`);
  const { bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return join(folder, typeof bin === 'string' ? bin : (bin[name] ?? Object.values(bin)[0]));
}

/** Runs a package's command under the pinned Node. */
function run(command, args, workspace = '.') {
  const options = { cwd: join(ROOT, workspace), env, stdio: ['ignore', 1, 1] };
  return spawnSync(nodePath(), [scriptOf(command, workspace), ...args], options).status === 0;
}

/** Says a step's name, its outcome and its time. */
function step(name, work) {
  process.stdout.write(`\n== ${name}\n`);
  const begun = Date.now();
  const ok = work();
  const seconds = ((Date.now() - begun) / 1000).toFixed(1);
  process.stdout.write(`== ${name}: ${ok ? 'ok' : 'FAILED'} in ${seconds} s\n`);
  return ok;
}

function check(name, work) {
  if (step(name, work)) passed++;
  else failed++;
}

check('browser and fonts', () => {
  const sentence = ensureSystem();
  if (sentence !== null) process.stdout.write(`sotto: ${sentence}\n`);
  return sentence === null;
});
check('format and lint', () => run('@biomejs/biome', ['ci', '.']));
check('types', () => run('typescript', ['--noEmit', '-p', '.']));
check('types of the web client', () => run('svelte-check', ['--fail-on-warnings'], 'web'));
check('import directions and cycles', () => run('dependency-cruiser', ['services', 'hack', 'web']));
check('dead exports and packages', () => run('knip', []));
check('build of the web client', buildWeb);

const folder = mkdtempSync(join(tmpdir(), 'sotto-test-'));
const report = join(folder, 'report.json');
const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
const ran = step('tests', () => run('vitest', ['run', ...reporters, ...process.argv.slice(2)]));
const tests = countTests(existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : null, ran);
passed += tests.passed;
failed += tests.failed;
rmSync(folder, { recursive: true });

process.exitCode = failed === 0 ? 0 : 1;
