/** Commands that put messages into a room: they wait for the acknowledgement, through outages, however long. */
import type { Command } from 'commander';
import type { RoomView, SottoClientApi } from '../views.ts';
import type { Act, Context } from './context.ts';
import { findRoom } from './find.ts';
import { lines } from './input.ts';
import { online } from './patience.ts';
import { obstacleIn, type Sent, sendAll } from './sender.ts';
import { changing, changingOffline } from './session.ts';

/** A reconnection that takes no longer is not worth a word. */
const OUTAGE_MS = 2_000;

/** The room as this device knows it; where it does not, as the server does. */
async function roomOf(client: SottoClientApi, wanted: string): Promise<RoomView> {
  const isKnown = client.rooms().some(({ room, name }) => room === wanted || name === wanted);
  if (!isKnown) await online(client);
  return findRoom(client.rooms(), wanted);
}

/** Says so, once an outage, when what is to be sent has to wait. */
function sayOutages({ out }: Context, client: SottoClientApi): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const look = (): void => {
    const { state } = client.connection();
    if (state === 'online') {
      clearTimeout(timer);
      timer = undefined;
    } else
      timer ??= setTimeout(
        () => out.note('No connection to the server; it is sent when there is one.'),
        OUTAGE_MS,
      );
  };
  const stop = client.on('connection', look);
  look();
  return () => {
    clearTimeout(timer);
    stop();
  };
}

const print = ({ out }: Context, sent: Sent): Promise<void> =>
  out.record(sent, `Sent as number ${sent.seq}.`);

async function* one(text: string): AsyncGenerator<string> {
  yield text;
}

async function send(
  context: Context,
  wanted: string,
  text: string,
  options: { replyTo?: string },
): Promise<void> {
  await changingOffline(context, async (client) => {
    const stop = sayOutages(context, client);
    try {
      const { room } = await roomOf(client, wanted);
      const texts = text === '-' ? lines(context.world.stdin) : one(text);
      await sendAll(client, room, texts, (sent) => print(context, sent), options.replyTo);
    } finally {
      stop();
    }
  });
}

/** For commands about a message that is there: they need the server anyway. */
const about =
  (what: (client: SottoClientApi, room: string, message: string, ...rest: string[]) => Promise<string>) =>
  async (context: Context, wanted: string, message: string, ...rest: string[]): Promise<void> => {
    const result = await changing(context, async (client) => {
      const view = findRoom(client.rooms(), wanted);
      const obstacle = obstacleIn(view);
      if (obstacle !== null) throw obstacle;
      const id = await what(client, view.room, message, ...rest);
      return { ...(await client.acknowledged(view.room, id)), id };
    });
    await print(context, result);
  };

export function sendCommands(program: Command, act: Act): void {
  program
    .command('send <room> <text>')
    .description('send a message; "-" sends the lines of standard input')
    .option('--reply-to <message>', 'the id of the message that it answers')
    .action(act(send));
  program
    .command('edit <room> <message> <text>')
    .description('change a message of yours')
    .action(act(about((client, room, message, text) => client.edit(room, message, String(text)))));
  program
    .command('delete <room> <message>')
    .description('take a message back')
    .action(act(about((client, room, message) => client.remove(room, message))));
  program
    .command('react <room> <message> <emoji>')
    .description('react to a message')
    .option('--off', 'take the reaction back')
    .action(
      act((context: Context, room: string, message: string, emoji: string, { off }: { off?: true }) =>
        about((client, id, target) => client.react(id, target, emoji, off !== true))(context, room, message),
      ),
    );
}
