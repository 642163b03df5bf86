/** `npm run bench:protocol`: every number that the README names, each part in a process of its own. No asserts. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

let failed = 0;
for (const part of ['protocol.ts', 'sends.ts', 'catch-up.ts']) {
  const script = fileURLToPath(new URL(part, import.meta.url));
  const { status } = spawnSync(process.execPath, [script], { stdio: 'inherit' });
  if (status !== 0) failed++;
}
process.exitCode = failed === 0 ? 0 : 1;
