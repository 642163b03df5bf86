/** Commands about who is in a room. */
import type { Role } from '@sotto/protocol';
import { Argument, type Command } from 'commander';
import type { MemberView, SottoClientApi } from '../views.ts';
import type { Act, Context } from './context.ts';
import { findMember, findRoom } from './find.ts';
import { count } from './output.ts';
import { inline } from './printable.ts';
import { changing, looking } from './session.ts';

const ROLES: readonly Role[] = ['owner', 'admin', 'member'];

const TRUST: Readonly<Record<MemberView['trust'], string>> = {
  self: 'you',
  new: 'not verified',
  verified: 'verified',
  changed: 'KEY CHANGED, see "sotto alerts"',
};

async function members(context: Context, wanted: string): Promise<void> {
  const list = await looking(context, async (client) =>
    client.members(findRoom(client.rooms(), wanted).room),
  );
  const rows = list.map((member) => ({
    object: member,
    cells: [
      inline(member.handle),
      member.role,
      TRUST[member.trust],
      count(member.devices, 'device'),
      member.online ? 'online' : '',
    ],
  }));
  await context.out.table(rows, 'Nobody is in this room.');
}

async function add(context: Context, wanted: string, handle: string): Promise<void> {
  const room = await changing(context, async (client) => {
    const view = findRoom(client.rooms(), wanted);
    await client.addMember(view.room, handle);
    return view;
  });
  await context.out.record(
    { room: room.room, handle },
    `${inline(handle)} is in "${inline(room.name)}" now.`,
  );
}

/** Finds a member of a room and does something to it. */
const withMember = (
  context: Context,
  wanted: string,
  handle: string,
  work: (client: SottoClientApi, room: string, member: MemberView) => Promise<void>,
): Promise<{ room: string; member: MemberView }> =>
  changing(context, async (client) => {
    const { room } = findRoom(client.rooms(), wanted);
    const member = findMember(client.members(room), handle);
    await work(client, room, member);
    return { room, member };
  });

async function remove(context: Context, wanted: string, handle: string): Promise<void> {
  const { room, member } = await withMember(context, wanted, handle, (client, id, { account }) =>
    client.removeMember(id, account),
  );
  await context.out.record({ room, handle: member.handle }, `${inline(member.handle)} is out of the room.`);
}

async function role(context: Context, wanted: string, handle: string, next: Role): Promise<void> {
  const { room, member } = await withMember(context, wanted, handle, (client, id, { account }) =>
    client.setRole(id, account, next),
  );
  const object = { room, handle: member.handle, role: next };
  await context.out.record(object, `${inline(member.handle)} is ${next} now.`);
}

async function grant(context: Context, wanted: string, handle: string): Promise<void> {
  const { room, member } = await withMember(context, wanted, handle, (client, id, { account }) =>
    client.grantHistory(id, account),
  );
  const text = `${inline(member.handle)} can read the older messages; everybody in the room sees that.`;
  await context.out.record({ room, handle: member.handle }, text);
}

export function memberCommands(program: Command, act: Act): void {
  program.command('members <room>').description('who is in a room').action(act(members));
  program.command('add <room> <handle>').description('bring somebody into a room').action(act(add));
  program.command('remove <room> <handle>').description('take somebody out of a room').action(act(remove));
  program
    .command('role <room> <handle>')
    .description('make somebody owner, admin or member')
    .addArgument(new Argument('<role>', 'the role').choices(ROLES))
    .action(act(role));
  program
    .command('grant <room> <handle>')
    .description('let somebody read what was said before they came')
    .action(act(grant));
}
