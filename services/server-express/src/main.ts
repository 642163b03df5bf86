/** The program: the only file that reads the environment, prints, handles signals and exits. */
import { ConfigFaults, readConfig, USAGE } from './config.ts';
import { startReplica, WEB_DIR } from './index.ts';
import { StartFault } from './start-fault.ts';

/** Ended by force shortly before the 10 s that an operator waits. */
const STOP_WITHIN_MS = 9000;

function fail(sentences: readonly string[]): never {
  for (const sentence of sentences) process.stderr.write(`${sentence}\n`);
  process.exit(1);
}

if (process.argv.includes('--help')) {
  process.stdout.write(USAGE);
  process.exit(0);
}

try {
  const config = readConfig(process.argv.slice(2), process.env, WEB_DIR);
  const replica = await startReplica({
    ...config,
    // Whoever runs it (Kubernetes, hack/cluster) starts it again, with an empty memory.
    onReplaced: (sentence) => fail([sentence]),
  });
  process.stdout.write(`Sotto is listening on ${replica.url}\n`);
  const stop = (): void => {
    setTimeout(() => process.exit(0), STOP_WITHIN_MS).unref();
    replica.close().then(
      () => process.exit(0),
      (error: Error) => fail([`Stopping failed: ${error.message}`]),
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
} catch (error) {
  if (error instanceof ConfigFaults) fail(error.faults);
  if (error instanceof StartFault) fail([error.message]);
  throw error;
}
