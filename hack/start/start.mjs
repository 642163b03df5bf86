/**
 * `npm start`: from a fresh clone to a running Sotto. Options go to the server: --port N, --host H, --data DIR.
 */
import { join } from 'node:path';
import { ensurePackages, ensureWeb, ROOT, runNode } from './toolchain.mjs';

ensurePackages();
ensureWeb();
const main = join(ROOT, 'services', 'server-express', 'src', 'main.ts');
// Relative paths mean the folder in which the person typed the command.
const cwd = process.env.INIT_CWD ?? process.cwd();
process.exitCode = await runNode([main, ...process.argv.slice(2)], { cwd });
