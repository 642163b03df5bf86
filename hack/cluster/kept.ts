/** A program that is started again when it dies, as Kubernetes would: at once where it ran well, ever slower where it does not. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Guard } from './guard.ts';

const FIRST_DELAY_MS = 50;
const LONGEST_DELAY_MS = 5000;
/** Who lived so long did not die of its start. */
const LIVED_WELL_MS = 5000;
const LOOK_EVERY_MS = 20;
const LAST_LINES = 5;

export interface Program {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Both streams are appended to it: a pipe would break, and the program with it, when its reader is killed. */
  readonly logFile: string;
  /** True once it serves. */
  readonly serves: () => Promise<boolean>;
}

export interface KeptEvents {
  died(): void;
  /** Started anew and serving; how long it was away. */
  back(afterMs: number): void;
}

export class Kept {
  readonly program: Program;
  readonly #guard: Guard;
  readonly #events: KeptEvents;
  #child: ChildProcess | null = null;
  #exited: Promise<unknown> = Promise.resolve();
  #delayMs = 0;
  readonly #stopping = new AbortController();

  constructor(program: Program, guard: Guard, events: KeptEvents) {
    this.program = program;
    this.#guard = guard;
    this.#events = events;
  }

  /** 0 while it is away. */
  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  /** Resolves once it serves. Rejects with its last words where it ends before. */
  async start(): Promise<void> {
    this.#spawn();
    const died = this.#exited.then(() => {
      throw new Error(`${this.program.name} ended before it served: ${this.#lastWords()}`);
    });
    died.catch(() => undefined);
    await Promise.race([this.#serving(), died]);
    void this.#keep();
  }

  /** Ends it for good; by force after `withinMs`. */
  async stop(withinMs: number): Promise<void> {
    this.#stopping.abort();
    const child = this.#child;
    if (child === null) return;
    const force = setTimeout(() => child.kill('SIGKILL'), withinMs);
    child.kill('SIGTERM');
    // One that was paused hears nothing else.
    child.kill('SIGCONT');
    await this.#exited;
    clearTimeout(force);
  }

  #spawn(): void {
    const { command, args, cwd, env, logFile } = this.program;
    const log = openSync(logFile, 'a');
    // A group of its own: Ctrl-C in a terminal is for the one who knows the order in which to stop.
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', log, log],
      detached: true,
    });
    closeSync(log);
    const { pid } = child;
    if (pid !== undefined) this.#guard.add(pid);
    this.#child = child;
    const ended = pid === undefined ? once(child, 'error') : once(child, 'exit');
    this.#exited = ended.then(() => {
      if (pid !== undefined) this.#guard.drop(pid);
      this.#child = null;
    });
  }

  async #keep(): Promise<void> {
    const { signal } = this.#stopping;
    for (;;) {
      const began = performance.now();
      await this.#exited;
      if (signal.aborted) return;
      const died = performance.now();
      this.#delayMs =
        died - began > LIVED_WELL_MS ? 0 : Math.min(LONGEST_DELAY_MS, this.#delayMs * 2 || FIRST_DELAY_MS);
      this.#events.died();
      await sleep(this.#delayMs, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      this.#spawn();
      void this.#serving().then((serves) => serves && this.#events.back(performance.now() - died));
    }
  }

  /** True once the process of now serves, false when it died before. */
  async #serving(): Promise<boolean> {
    const child = this.#child;
    while (this.#child === child) {
      if (await this.program.serves()) return this.#child === child;
      await sleep(LOOK_EVERY_MS);
    }
    return false;
  }

  #lastWords(): string {
    return readFileSync(this.program.logFile, 'utf8').trim().split('\n').slice(-LAST_LINES).join(' / ');
  }
}
