/** The program: the only file that reads the environment, prints, handles signals and exits. */
import { ConfigFaults, readConfig } from './config.ts';
import { startReplica, WEB_DIR } from './index.ts';
import { StartFault } from './start-fault.ts';

/** Ended by force shortly before the 10 s that an operator waits. */
const STOP_WITHIN_MS = 9000;

function fail(sentences: readonly string[]): never {
  for (const sentence of sentences) process.stderr.write(`${sentence}\n`);
  process.exit(1);
}

try {
  const config = readConfig(process.argv.slice(2), process.env, WEB_DIR);
  const replica = await startReplica(config);
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
