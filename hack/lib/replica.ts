/** A replica as its own process: the real program, its real output, and signals at the worst moment. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../services/server-express/src/main.ts', import.meta.url));
const LISTENING = /Sotto is listening on http:\/\/\S+?:(\d+)/;

export interface ReplicaOptions {
  readonly dataDir: string;
  /** 0, the default: a free one. A restarted replica gets the port of the one before. */
  readonly port?: number;
  /** All that it prints is appended here too. */
  readonly logFile?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Options of Node itself, such as `--cpu-prof`. */
  readonly nodeOptions?: readonly string[];
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface Replica {
  readonly port: number;
  readonly url: string;
  readonly pid: number;
  /** Resolves when the process has ended, however it did. */
  readonly exited: Promise<Exit>;
  /** What it has printed so far, both streams. */
  output(): string;
  /** Sends the signal and waits for the end. SIGKILL leaves it no last word. */
  kill(signal: NodeJS.Signals): Promise<Exit>;
}

/** A replica that ended before it listened. */
export class ReplicaDidNotStart extends Error {
  readonly exit: Exit;
  readonly output: string;

  constructor(exit: Exit, output: string) {
    super(`the replica ended with ${exit.code ?? exit.signal} before it listened:\n${output}`);
    this.exit = exit;
    this.output = output;
  }
}

/** No test leaves a replica behind, not even one that failed half-way. */
const living = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of living) child.kill('SIGKILL');
});

/** Resolves once the replica says that it listens. Rejects with `ReplicaDidNotStart`. */
export async function startReplica(options: ReplicaOptions): Promise<Replica> {
  const args = [
    ...(options.nodeOptions ?? []),
    MAIN,
    '--port',
    String(options.port ?? 0),
    '--data',
    options.dataDir,
  ];
  const child = spawn(process.execPath, args, {
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  living.add(child);
  let output = '';
  const exited = (once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>).then(
    ([code, signal]) => {
      living.delete(child);
      return { code, signal };
    },
  );
  const port = await new Promise<number>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
        if (options.logFile !== undefined) appendFileSync(options.logFile, text);
        const found = LISTENING.exec(output);
        if (found !== null) resolve(Number(found[1]));
      });
    }
    exited.then((exit) => reject(new ReplicaDidNotStart(exit, output)), reject);
  });
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    pid: child.pid as number,
    exited,
    output: () => output,
    kill(signal) {
      child.kill(signal);
      return exited;
    },
  };
}
