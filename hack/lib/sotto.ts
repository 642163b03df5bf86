/** `npx sotto`, as a person or a bot runs it: a process of its own, its output and its exit code. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Standard output as JSON, one object a line; throws where a line is none. */
  readonly lines: Record<string, unknown>[];
}

export interface Running {
  readonly child: ChildProcessWithoutNullStreams;
  /** Resolves with the JSON objects printed so far once `enough` says so; rejects when the process ends before. */
  until(enough: (lines: Record<string, unknown>[]) => boolean): Promise<Record<string, unknown>[]>;
  readonly ended: Promise<Ran>;
}

const parsed = (text: string): Record<string, unknown>[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

/** Starts it; `input` goes to standard input, which then ends (null leaves it open). */
export function startSotto(args: readonly string[], input: string | null = ''): Running {
  const shell = process.platform === 'win32';
  // A group of its own: npx hands no signal on, and a command that follows a room would outlive the test.
  const child = spawn('npx', ['sotto', ...args], { cwd: ROOT, shell, detached: !shell });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  child.stdin.on('error', () => {});
  if (input !== null) child.stdin.end(input);
  const ended = (once(child, 'close') as Promise<[number | null]>).then(([code]) => ({
    code,
    stdout,
    stderr,
    get lines() {
      return parsed(stdout);
    },
  }));
  return {
    child,
    ended,
    until: (enough) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          // The last line may still be on its way.
          const lines = parsed(stdout.slice(0, stdout.lastIndexOf('\n') + 1));
          if (!enough(lines)) return;
          child.stdout.off('data', look);
          resolve(lines);
        };
        child.stdout.on('data', look);
        ended.then((ran) => reject(new Error(`sotto ended with ${ran.code}: ${ran.stdout}${ran.stderr}`)));
        look();
      }),
  };
}

/** Ends a command that would go on for ever, with everything it started. */
export function stopSotto(running: Running): Promise<Ran> {
  const { pid } = running.child;
  if (pid !== undefined && running.child.exitCode === null) {
    try {
      process.kill(process.platform === 'win32' ? pid : -pid, 'SIGTERM');
    } catch {
      // It ended by itself in the meantime.
    }
  }
  return running.ended;
}

/** Runs it to its end. */
export const sotto = (args: readonly string[], input: string | null = ''): Promise<Ran> =>
  startSotto(args, input).ended;
