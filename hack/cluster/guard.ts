/** This process's hold on its guardian (`guardian.ts`): it is told of every child, and made anew should somebody kill it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('guardian.ts', import.meta.url));

export class Guard {
  readonly #pids = new Set<number>();
  #guardian: ChildProcess | null = null;
  #closed = false;

  constructor() {
    this.#start();
  }

  add(pid: number): void {
    this.#pids.add(pid);
    this.#tell(`+${pid}`);
  }

  drop(pid: number): void {
    this.#pids.delete(pid);
    this.#tell(`-${pid}`);
  }

  /** Nothing is left to guard. */
  close(): void {
    this.#closed = true;
    this.#guardian?.stdin?.end();
  }

  #tell(line: string): void {
    this.#guardian?.stdin?.write(`${line}\n`);
  }

  #start(): void {
    const child = spawn(process.execPath, [PROGRAM], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
    this.#guardian = child;
    child.stdin.on('error', () => undefined);
    child.unref();
    child.on('exit', () => {
      if (!this.#closed) this.#start();
    });
    for (const pid of this.#pids) this.#tell(`+${pid}`);
  }
}
