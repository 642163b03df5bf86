/**
 * The one that ends the cluster's processes when whoever started them dies without a word (SIGKILL): its standard input closes
 * then. A line is `+pid` or `-pid`. It belongs to no terminal and heeds no polite signal, so that it is the last to go.
 */
import { createInterface } from 'node:readline';

const PATIENCE_MS = 4000;
const pids = new Set<number>();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);

const lines = createInterface({ input: process.stdin });
lines.on('line', (line) => {
  const pid = Number(line.slice(1));
  if (line.startsWith('+')) pids.add(pid);
  else pids.delete(pid);
});
lines.on('close', () => {
  signalAll('SIGTERM');
  const deadline = Date.now() + PATIENCE_MS;
  const look = setInterval(() => {
    if (pids.size > 0 && Date.now() < deadline) return signalAll(0);
    clearInterval(look);
    signalAll('SIGKILL');
  }, 50);
});

/** Forgets those that are gone. */
function signalAll(signal: NodeJS.Signals | 0): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch {
      pids.delete(pid);
    }
  }
}
