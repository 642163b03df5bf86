/**
 * What `npm start` and `npm test` need before anything of the project can run. Plain JavaScript for Node 20 and
 * later, with nothing but Node's own modules: it runs when there is no node_modules yet.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const OLDEST_NODE = 20;

/** Ends the process with one sentence that says what a person can do. */
export function giveUp(sentence) {
  process.stderr.write(`sotto: ${sentence}\n`);
  process.exit(1);
}

/** npm runs as a script of the running Node, so that no shell is needed on any system. */
export function npm(args) {
  const script = process.env.npm_execpath;
  const [command, first] =
    script?.endsWith('.js') || script?.endsWith('.cjs') ? [process.execPath, [script]] : ['npm', []];
  const shell = command === 'npm' && process.platform === 'win32';
  return spawnSync(command, [...first, ...args], { cwd: ROOT, stdio: ['ignore', 2, 2], shell }).status ?? 1;
}

/** Installs the locked packages where they are missing or older than the lock file. */
export function ensurePackages() {
  if (Number(process.versions.node.split('.')[0]) < OLDEST_NODE) {
    giveUp(`Node ${OLDEST_NODE} or newer is needed to begin; this is ${process.version}.`);
  }
  const stamp = join(ROOT, 'node_modules', '.package-lock.json');
  const lock = join(ROOT, 'package-lock.json');
  if (existsSync(stamp) && statSync(stamp).mtimeMs >= statSync(lock).mtimeMs && existsSync(nodePath()))
    return;
  process.stderr.write('sotto: installing packages (npm ci) …\n');
  if (npm(['ci', '--loglevel=error']) !== 0) giveUp('npm ci failed; the lines above say why.');
  // Where install scripts are switched off, the package "node" comes without its program: run that one script.
  if (!existsSync(nodePath())) npm(['rebuild', 'node', '--ignore-scripts=false', '--loglevel=error']);
  if (!existsSync(nodePath())) {
    giveUp('the package "node" has no program for this system; run npm rebuild node --ignore-scripts=false.');
  }
}

/** The Node that the project pins. */
export function nodePath() {
  const name = process.platform === 'win32' ? 'node.exe' : 'node';
  return join(ROOT, 'node_modules', 'node', 'bin', name);
}

function newestIn(path) {
  if (!existsSync(path)) return 0;
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(0, ...readdirSync(path).map((name) => newestIn(join(path, name))));
}

/** What the web client is made from: its own folder but for what is made there, and the two it imports. */
function webSources() {
  const made = ['dist', 'node_modules', 'test'];
  const own = readdirSync(join(ROOT, 'web')).filter((name) => !made.includes(name));
  return [
    ...own.map((name) => `web/${name}`),
    'services/client/src',
    'services/protocol/src',
    'package-lock.json',
  ];
}

/** Builds the web client; false where that fails. */
export function buildWeb() {
  const vite = join(ROOT, 'node_modules', 'vite', 'bin', 'vite.js');
  const options = { cwd: join(ROOT, 'web'), stdio: ['ignore', 2, 2] };
  return spawnSync(nodePath(), [vite, 'build', '--logLevel', 'warn'], options).status === 0;
}

/** Builds the web client where web/dist is missing or older than what it is made from. */
export function ensureWeb() {
  const built = newestIn(join(ROOT, 'web', 'dist', 'index.html'));
  if (built > 0 && webSources().every((path) => newestIn(join(ROOT, path)) <= built)) return;
  process.stderr.write('sotto: building the web client …\n');
  if (!buildWeb()) giveUp('the web client could not be built; the lines above say why.');
}

const PARENT_CHECK_MS = 250;

/** Runs a program of the pinned Node, hands signals on, and resolves with its exit code. */
export function runNode(args, options = {}) {
  const child = spawn(nodePath(), args, { cwd: ROOT, stdio: 'inherit', ...options });
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  // Ctrl-C in a terminal reaches the child by itself; twice might read as "at once".
  process.on('SIGINT', () => process.stdin.isTTY || child.kill('SIGINT'));
  const watch = stopWithNpm(child);
  return new Promise((resolve) => {
    child.on('error', (error) => giveUp(`the program could not be started: ${error.message}`));
    child.on('exit', (code, signal) => {
      clearInterval(watch);
      resolve(signal === null ? (code ?? 1) : 1);
    });
  });
}

/**
 * npm hands a signal to the shell between us, and where that is dash (Debian) it dies without telling anybody: the
 * program would keep its port and its database. Whoever starts this file without npm may leave it running alone.
 */
function stopWithNpm(child) {
  if (!['start', 'cluster'].includes(process.env.npm_lifecycle_event)) return undefined;
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    child.kill('SIGTERM');
  }, PARENT_CHECK_MS);
  return watch;
}
