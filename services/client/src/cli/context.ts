/** What a command is given: where it runs, and its common options. */
import type { Readable, Writable } from 'node:stream';
import type { Command } from 'commander';
import type { Storage } from '../store/port.ts';
import type { SottoClientApi } from '../views.ts';
import { unmarked } from './operand.ts';
import { Output } from './output.ts';

/** The process around the commands, which `main` alone touches. */
export interface World {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The folder of whoever runs it. */
  readonly userFolder: string;
  readonly stdin: Readable & { isTTY?: boolean };
  readonly stdout: Writable;
  readonly stderr: Writable & { isTTY?: boolean };
  /** `readOnly`: another process is the writer, so nothing may be sent, signed or published. */
  openClient(options: { url: string; storage: Storage; readOnly: boolean }): Promise<SottoClientApi>;
  /** Resolves at SIGINT or SIGTERM, which from this call on end nothing by themselves. */
  untilStopped(): Promise<void>;
}

export interface Context {
  readonly world: World;
  readonly server: string;
  readonly home: string;
  readonly out: Output;
}

interface CommonOptions {
  server: string;
  home: string;
  json?: true;
}

/** Makes an action for commander of a function that gets the context, the arguments and the options. */
export type Act = <A extends unknown[]>(
  work: (context: Context, ...args: A) => Promise<void>,
) => (...args: unknown[]) => Promise<void>;

export const actIn =
  (world: World): Act =>
  <A extends unknown[]>(work: (context: Context, ...args: A) => Promise<void>) =>
  (...args) => {
    // Commander hands over the arguments, the options, and the command itself.
    const { server, home, json } = (args.at(-1) as Command).optsWithGlobals<CommonOptions>();
    const out = new Output(world.stdout, world.stderr, json === true);
    return work({ world, server, home, out }, ...(args.slice(0, -1).map(unmarked) as A));
  };
