/** Commands about trust: numbers to compare, and lies that were caught. */
import { groupDigits } from '@sotto/protocol';
import type { Command } from 'commander';
import type { AlertView } from '../views.ts';
import type { Act, Context } from './context.ts';
import { findPerson, findRoom } from './find.ts';
import { clock } from './output.ts';
import { settled, Unreachable } from './patience.ts';
import { inline } from './printable.ts';
import { changing, changingOffline, looking, lookingOffline } from './session.ts';

async function verify(context: Context, wanted: string, options: { confirm?: true }): Promise<void> {
  const confirm = options.confirm === true;
  const { handle, number, trust } = await (confirm ? changing : looking)(context, async (client) => {
    const person = findPerson(client, wanted);
    if (person.me) throw new Error('There is nothing to compare with yourself.');
    if (confirm) await client.setVerified(person.account, true);
    const digits = groupDigits((await client.safetyNumber(person.account)).replaceAll(' ', ''));
    return { handle: person.handle, number: digits, trust: findPerson(client, wanted).trust };
  });
  const name = inline(handle);
  const next = confirm
    ? `${name} is verified.`
    : `Compare it with ${name}, face to face or on a call; if it is the same: sotto verify ${name} --confirm`;
  const half = number.length / 2;
  const digits = `  ${number.slice(0, half).trim()}\n  ${number.slice(half).trim()}`;
  await context.out.record({ handle, number, trust }, `Safety number with ${name}:\n\n${digits}\n\n${next}`);
}

async function code(context: Context, wanted: string): Promise<void> {
  const { room, digits } = await looking(context, async (client) => {
    const { room: id } = findRoom(client.rooms(), wanted);
    return { room: id, digits: groupDigits((await client.roomCode(id)).replaceAll(' ', '')) };
  });
  await context.out.record({ room, code: digits }, digits);
}

async function acknowledge(context: Context, id: string): Promise<void> {
  await changingOffline(context, async (client) => {
    if (!client.alerts().some((alert) => alert.id === id))
      throw new Error(`There is no alert ${inline(id)}.`);
    await client.acknowledgeAlert(id);
  });
  await context.out.record({ id, acknowledged: true }, 'The alert is acknowledged.');
}

const described = (alert: AlertView): string =>
  [
    `${clock(alert.at)}  ${alert.name}${alert.acknowledged ? ' (acknowledged)' : ''}`,
    `  ${inline(alert.sentence)}`,
    ...(alert.acknowledged ? [] : [`  When you have dealt with it: sotto alerts --acknowledge ${alert.id}`]),
  ].join('\n');

async function alerts(context: Context, options: { acknowledge?: string }): Promise<void> {
  if (options.acknowledge !== undefined) return acknowledge(context, options.acknowledge);
  const list = await lookingOffline(context, async (client) => {
    // What was caught is shown all the more where the server is refused or away.
    await settled(client).catch((error: unknown) => {
      if (!(error instanceof Unreachable)) throw error;
      context.out.note(`${error.message} These are the alerts until now.`);
    });
    return client.alerts();
  });
  for (const alert of list) await context.out.record(alert, described(alert));
  if (list.length === 0 && !context.out.json) context.out.note('No alerts.');
}

export function trustCommands(program: Command, act: Act): void {
  program
    .command('verify <handle>')
    .description('the safety number of 60 digits that you share with somebody')
    .option('--confirm', 'you have compared it, and it was the same')
    .action(act(verify));
  program
    .command('code <room>')
    .description('the code of a room: the same for all who see the same members and keys')
    .action(act(code));
  program
    .command('alerts')
    .description('lies that were caught')
    .option('--acknowledge <id>', 'go on after this one')
    .action(act(alerts));
}
