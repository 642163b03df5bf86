/** One run of the command line: what it is told, and the exit code. */
import { SottoError } from '@sotto/protocol';
import { CommanderError } from 'commander';
import type { World } from './context.ts';
import { marked } from './operand.ts';
import { inline } from './printable.ts';
import { sottoProgram } from './program.ts';

const flushed = (stream: NodeJS.WritableStream): Promise<void> =>
  new Promise((resolve) => {
    stream.write('', () => resolve());
  });

/** What a person can use: of a bad request its own reason, not what the contract calls it. */
function wordsOf(error: unknown): string {
  if (error instanceof SottoError && error.code === 'bad_request' && error.detail !== undefined) {
    return `${error.detail.charAt(0).toUpperCase()}${error.detail.slice(1)}.`;
  }
  return error instanceof Error && error.message !== '' ? error.message : String(error);
}

/** One sentence, however it came to be. */
export const sentenceOf = (error: unknown): string => `sotto: ${inline(wordsOf(error))}\n`;

/** Resolves with the exit code once everything that was printed has been handed over. */
export async function run(args: readonly string[], world: World): Promise<number> {
  let code = 0;
  try {
    await sottoProgram(world).parseAsync(args.map(marked), { from: 'user' });
  } catch (error) {
    code = error instanceof CommanderError ? error.exitCode : 1;
    // Commander has said its own already.
    if (!(error instanceof CommanderError)) world.stderr.write(sentenceOf(error));
  }
  await Promise.all([flushed(world.stdout), flushed(world.stderr)]);
  return code;
}
