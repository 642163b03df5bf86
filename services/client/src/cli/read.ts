/** Commands that print what was said. */
import { type Command, InvalidArgumentError } from 'commander';
import type { SottoClientApi, TimelineItem } from '../views.ts';
import type { Act, Context } from './context.ts';
import { entryObject, entryText } from './entry.ts';
import { findRoom } from './find.ts';
import { lossOf, Unreachable } from './patience.ts';
import { jsonLine } from './printable.ts';
import { following, looking } from './session.ts';

interface ReadOptions {
  since: number;
  follow?: true;
}

/** What has a place in the log, in its order. */
const logged = (items: readonly TimelineItem[]): (TimelineItem & { seq: number })[] =>
  items
    .filter((item): item is TimelineItem & { seq: number } => item.seq !== null)
    .sort((a, b) => a.seq - b.seq);

/** Prints items of one room in order, each once; one that could not be read at first, again when it can be. */
export class Reader {
  readonly #context: Context;
  readonly #unreadable = new Set<number>();
  #next: number;

  constructor(context: Context, since: number) {
    this.#context = context;
    this.#next = since;
  }

  async print(items: readonly TimelineItem[]): Promise<void> {
    for (const item of logged(items)) {
      const { seq } = item;
      const isLate = item.kind !== 'unreadable' && this.#unreadable.delete(seq);
      if (seq < this.#next && !isLate) continue;
      if (item.kind === 'unreadable') this.#unreadable.add(seq);
      this.#next = Math.max(this.#next, seq + 1);
      await this.#context.out.record(entryObject(item), entryText(item));
    }
  }
}

/** Prints what comes, for ever; rejects when the client tries no more. */
async function follow(
  context: Context,
  client: SottoClientApi,
  room: string,
  reader: Reader,
): Promise<never> {
  const { promise: over, reject } = Promise.withResolvers<never>();
  let printing = Promise.resolve();
  const print = (items: readonly TimelineItem[]): void => {
    printing = printing.then(() => reader.print(items)).catch(reject);
  };
  client.on('timeline', (change) => {
    if (change.room === room) print(change.items);
  });
  let isLost = false;
  client.on('connection', (state) => {
    if (state.state === 'online' && isLost) context.out.note('The connection is there again.');
    if (state.state === 'online') isLost = false;
    if (state.state !== 'offline') return;
    if (state.retryAt === null) reject(new Unreachable(lossOf(state)));
    else if (!isLost) context.out.note('The connection is lost; it is tried again.');
    isLost = true;
  });
  // What came between the two openings.
  print(client.timeline(room));
  return over;
}

async function read(context: Context, wanted: string, options: ReadOptions): Promise<void> {
  const reader = new Reader(context, options.since);
  const reading = async (): Promise<void> => {
    const { room, items } = await looking(context, async (client) => {
      const { room: id } = findRoom(client.rooms(), wanted);
      return { room: id, items: client.timeline(id) };
    });
    await reader.print(items);
    if (options.follow === true) await following(context, (client) => follow(context, client, room, reader));
  };
  if (options.follow === true) await Promise.race([reading(), context.world.untilStopped()]);
  else await reading();
}

async function exportRoom(context: Context, wanted: string): Promise<void> {
  const items = await looking(context, async (client) =>
    client.timeline(findRoom(client.rooms(), wanted).room),
  );
  for (const item of items) await context.out.record(item, jsonLine(item));
}

function sequence(text: string): number {
  const seq = Number(text);
  if (!Number.isSafeInteger(seq) || seq < 0) throw new InvalidArgumentError('A sequence is a whole number.');
  return seq;
}

export function readCommands(program: Command, act: Act): void {
  program
    .command('read <room>')
    .description('what was said in a room')
    .option('--since <seq>', 'from this number on', sequence, 0)
    .option('--follow', 'go on printing what comes, until interrupted')
    .action(act(read));
  program
    .command('export <room>')
    .description('everything in a room that this device can read, as JSON lines')
    .action(act(exportRoom));
}
