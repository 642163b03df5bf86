#!/usr/bin/env node
/**
 * `npx sotto`: the command line. It is TypeScript that Node 24 runs as it stands; under an older Node it is started
 * again with the one that the project pins.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const main = join(here, '..', 'src', 'cli', 'main.ts');

/** The pinned Node in the nearest node_modules above; null where there is none. */
function pinnedNode() {
  const name = process.platform === 'win32' ? 'node.exe' : 'node';
  for (let folder = here; ; folder = dirname(folder)) {
    const candidate = join(folder, 'node_modules', 'node', 'bin', name);
    if (existsSync(candidate)) return candidate;
    if (folder === dirname(folder)) return null;
  }
}

if (Number(process.versions.node.split('.')[0]) >= 24) {
  await import(pathToFileURL(main).href);
} else {
  const node = pinnedNode();
  if (node === null) {
    process.stderr.write(`sotto: Node 24 is needed, this is ${process.version}; npm ci installs it.\n`);
    process.exitCode = 1;
  } else {
    const child = spawn(node, [main, ...process.argv.slice(2)], { stdio: 'inherit' });
    // A signal to this process alone (a supervisor's) must not leave the real one behind.
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
    child.on('exit', (code) => {
      process.exitCode = code ?? 1;
    });
  }
}
