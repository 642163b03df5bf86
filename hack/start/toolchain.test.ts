/** What a supervisor sees of a program that `npm start` runs: its exit code, and nothing left behind. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const TOOLCHAIN = JSON.stringify(join(import.meta.dirname, 'toolchain.mjs'));
const SERVER = `
  process.on('SIGTERM', () => { console.log('drained'); process.exit(0); });
  setInterval(() => {}, 1000);
  console.log('ready');
`;
const START = `
  const { runNode } = await import(${TOOLCHAIN});
  process.exitCode = await runNode(['-e', process.env.SERVER]);
`;

function start(command: string, args: string[], event: string) {
  const env = { ...process.env, SERVER, START, npm_lifecycle_event: event };
  const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  const ready = new Promise<void>((resolve) => {
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk;
      if (output.includes('ready')) resolve();
    });
  });
  return { child, ready, output: () => output };
}

describe.skipIf(process.platform === 'win32')('runNode', () => {
  it('hands SIGTERM on and ends with the code of the program', async () => {
    const { child, ready, output } = start(process.execPath, ['--input-type=module', '-e', START], '');
    await ready;
    child.kill('SIGTERM');
    expect(await once(child, 'close')).toEqual([0, null]);
    expect(output()).toContain('drained');
  });

  it('drains the program when the shell that npm put between dies', async () => {
    // The colon keeps every shell from replacing itself by the command.
    const line = `"${process.execPath}" --input-type=module -e "$START"; :`;
    const { child, ready, output } = start('sh', ['-c', line], 'start');
    await ready;
    child.kill('SIGTERM');
    // The pipe closes once nobody holds it: neither the starter nor the program is left.
    await once(child, 'close');
    expect(output()).toContain('drained');
  });
});
