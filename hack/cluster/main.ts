/** `npm run cluster`: the only file here that reads arguments, prints, handles signals and exits. */
import { startCluster } from './cluster.ts';
import { readOptions, USAGE } from './options.ts';

const PARENT_CHECK_MS = 250;

async function main(): Promise<void> {
  if (process.argv.includes('--help')) {
    process.stdout.write(`${USAGE}\n`);
    return;
  }
  const options = readOptions(process.argv.slice(2));
  const changed = (name: string, backAfterMs: number | null): void => {
    const what =
      backAfterMs === null ? 'died and is started again' : `serves again after ${Math.round(backAfterMs)} ms`;
    process.stderr.write(`sotto: ${name} ${what}\n`);
  };
  const starting = startCluster(options, { changed });
  const stopped = Promise.withResolvers<void>();
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => stopped.resolve());
  stopWithParent(() => stopped.resolve());
  const cluster = await starting;
  const { front, replicas, redis, ...rest } = cluster.state();
  process.stdout.write(
    options.json
      ? `${JSON.stringify({ front, replicas, redis, ...rest })}\n`
      : `Sotto is at ${front}: ${replicas.length} replicas over Redis at port ${redis.port}; data and logs in ${options.dataDir}\n`,
  );
  await stopped.promise;
  await cluster.stop();
}

/** Between npm and this stands a program that may be killed without a word. */
function stopWithParent(stop: () => void): void {
  if (process.env.SOTTO_STOP_WITH_PARENT === undefined) return;
  const parent = process.ppid;
  setInterval(() => process.ppid !== parent && stop(), PARENT_CHECK_MS).unref();
}

main().then(
  () => process.exit(0),
  (error: Error) => {
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  },
);
