/** All commands, with their common options. */
import { join } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { accountCommands } from './account.ts';
import { actIn, type World } from './context.ts';
import { memberCommands } from './members.ts';
import { unmarked } from './operand.ts';
import { readCommands } from './read.ts';
import { roomCommands } from './rooms.ts';
import { sendCommands } from './send.ts';
import { trustCommands } from './trust.ts';

const DEFAULT_SERVER = 'http://127.0.0.1:8080';

function serverUrl(text: string): string {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new InvalidArgumentError('A server is a URL that begins with http:// or https://.');
  }
  return text.replace(/\/+$/, '');
}

const AFTER = `
ROOM is a room's id or its name, where no other room has the same. Bots read --json: one object a line.
A TEXT that looks like an option goes behind "--".`;

/** The command line in this world. Run it with `parseAsync`; it throws CommanderError on what it does not understand. */
export function sottoProgram(world: World): Command {
  const { env } = world;
  const program = new Command('sotto')
    .description('End-to-end encrypted group chat, self-hosted.')
    .addOption(
      new Option('--server <url>', 'the server (environment: SOTTO_SERVER)')
        .default(env.SOTTO_SERVER || DEFAULT_SERVER)
        .argParser(serverUrl),
    )
    .addOption(
      new Option('--home <dir>', 'the folder that holds the account (environment: SOTTO_HOME)').default(
        env.SOTTO_HOME || join(world.userFolder, '.sotto'),
      ),
    )
    .option('--json', 'one JSON object a line')
    .addHelpText('after', AFTER)
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => world.stdout.write(text),
      writeErr: (text) => world.stderr.write(text),
      outputError: (text, write) => write(unmarked(text).replace(/^error: /, 'sotto: ')),
    })
    .exitOverride();
  const act = actIn(world);
  accountCommands(program, act);
  roomCommands(program, act);
  memberCommands(program, act);
  sendCommands(program, act);
  readCommands(program, act);
  trustCommands(program, act);
  return program;
}
