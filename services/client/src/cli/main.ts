/** The process around the command line: environment, streams, signals, the exit code. */
import { homedir } from 'node:os';
import { SottoClient } from '../client.ts';
import type { World } from './context.ts';
import { run, sentenceOf } from './run.ts';

const { stdin, stdout, stderr, env, argv } = process;

// A reader that has seen enough (`| head`) is no fault.
stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
stderr.on('error', () => {});
if (env.SOTTO_DEBUG === undefined) {
  // What the client says about a fault of its own comes with a stack, which is for those who look for it.
  console.error = (...parts: unknown[]) => stderr.write(sentenceOf(parts.at(-1)));
  process.on('uncaughtException', (error) => {
    stderr.write(sentenceOf(error));
    process.exit(1);
  });
}

const world: World = {
  env,
  userFolder: homedir(),
  stdin,
  stdout,
  stderr,
  openClient: (options) => SottoClient.open(options),
  untilStopped: () =>
    new Promise((resolve) => {
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => resolve());
    }),
};

// It ends when the command has, neither earlier nor later: a client may wait with nothing planned, and a connection that
// is being given up may hold the event loop for minutes.
setInterval(() => {}, 60_000);
process.exit(await run(argv.slice(2), world));
