/** Commands about rooms, and the ways into them. */
import type { Command } from 'commander';
import type { Act, Context } from './context.ts';
import { findRoom } from './find.ts';
import { count } from './output.ts';
import { inline } from './printable.ts';
import { changing, looking } from './session.ts';

async function rooms(context: Context): Promise<void> {
  const list = await looking(context, async (client) => client.rooms());
  const rows = list.map((room) => ({
    object: room,
    cells: [
      inline(room.name),
      room.role ?? 'left',
      count(room.members, 'member'),
      room.unread === 0 ? '' : `${room.unread} unread`,
      room.halted ? 'halted, see "sotto alerts"' : '',
      room.room,
    ],
  }));
  await context.out.table(
    rows,
    'No rooms yet; make one with "sotto room create NAME", or "sotto join LINK".',
  );
}

async function create(context: Context, name: string): Promise<void> {
  const room = await changing(context, (client) => client.createRoom(name));
  await context.out.record({ room, name }, `"${inline(name)}" is made; its id is ${room}.`);
}

async function rename(
  context: Context,
  wanted: string,
  name: string,
  options: { topic?: string },
): Promise<void> {
  const room = await changing(context, async (client) => {
    const view = findRoom(client.rooms(), wanted);
    await client.renameRoom(view.room, name, options.topic ?? view.topic);
    return view.room;
  });
  await context.out.record({ room, name }, `The room is called "${inline(name)}" now.`);
}

async function invite(context: Context, wanted: string): Promise<void> {
  const link = await changing(context, (client) => client.invite(findRoom(client.rooms(), wanted).room));
  await context.out.record({ link }, link);
  if (!context.out.json) context.out.note('Whoever has this link can join: send it on a way that you trust.');
}

async function join(context: Context, link: string): Promise<void> {
  const { room, name } = await changing(context, async (client) => {
    const joined = await client.join(link);
    return { room: joined, name: client.rooms().find((view) => view.room === joined)?.name ?? '' };
  });
  await context.out.record({ room, name }, `You are in "${inline(name)}" now; its id is ${room}.`);
}

async function leave(context: Context, wanted: string): Promise<void> {
  const { room, name } = await changing(context, async (client) => {
    const view = findRoom(client.rooms(), wanted);
    await client.leave(view.room);
    return view;
  });
  await context.out.record({ room }, `You left "${inline(name)}".`);
}

export function roomCommands(program: Command, act: Act): void {
  program.command('rooms').description('the rooms that you are in').action(act(rooms));
  const room = program.command('room').description('make and name rooms');
  room.command('create <name>').description('make a room').action(act(create));
  room
    .command('rename <room> <name>')
    .description('name a room anew')
    .option('--topic <text>', 'what it is about')
    .action(act(rename));
  program.command('invite <room>').description('make a link that lets people join').action(act(invite));
  program.command('join <link>').description('join a room by its link').action(act(join));
  program.command('leave <room>').description('leave a room').action(act(leave));
}
