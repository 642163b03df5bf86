/** `npm run cluster`: a replicated Sotto on this machine. Options: see `options.ts`, or --help. */
import { join } from 'node:path';
import { ensurePackages, ensureWeb, ROOT, runNode } from '../start/toolchain.mjs';

ensurePackages();
ensureWeb();
const main = join(ROOT, 'hack', 'cluster', 'main.ts');
// Relative paths mean the folder in which the person typed the command.
const cwd = process.env.INIT_CWD ?? process.cwd();
const env = { ...process.env, SOTTO_STOP_WITH_PARENT: '1' };
process.exitCode = await runNode([main, ...process.argv.slice(2)], { cwd, env });
