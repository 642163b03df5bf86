/** Commands about this account and its devices. */
import type { Command } from 'commander';
import type { AccountView, SottoClientApi } from '../views.ts';
import type { Act, Context } from './context.ts';
import { secret } from './input.ts';
import { clock } from './output.ts';
import { within } from './patience.ts';
import { changing, changingOffline, looking, newcomer } from './session.ts';

/** One step of entering: three pairs of keys and Argon2id are slow on a small machine, and no waiting for a server. */
const STEP_MS = 60_000;

const me = (client: SottoClientApi): AccountView => client.account() as AccountView;

async function newPassphrase({ world }: Context): Promise<string> {
  const passphrase = await secret(world.stdin, world.stderr, 'Passphrase: ');
  if (world.stdin.isTTY === true && (await secret(world.stdin, world.stderr, 'Once more: ')) !== passphrase) {
    throw new Error('The two passphrases are not the same.');
  }
  return passphrase;
}

async function signUp(context: Context, handle: string, options: { passphrase?: true }): Promise<void> {
  const passphrase = options.passphrase === true ? await newPassphrase(context) : null;
  const { account, phrase } = await newcomer(context, async (client) => {
    const made = await within(client, STEP_MS, (moved) => client.signUp(handle, passphrase, moved));
    return { account: me(client), phrase: made.phrase };
  });
  const words =
    phrase === null
      ? 'Your passphrase brings this account to other devices, and back when all are lost.'
      : `Write these 24 words down now. They bring this account back when all devices are lost; nobody can show them again:\n\n${phrase}\n`;
  await context.out.record(
    { account: account.account, handle: account.handle, phrase },
    `Welcome, ${account.handle}.\n\n${words}`,
  );
}

async function restore(context: Context, handle: string): Promise<void> {
  const words = await secret(context.world.stdin, context.world.stderr, 'Recovery phrase or passphrase: ');
  const account = await newcomer(context, async (client) => {
    await within(client, STEP_MS, (moved) => client.restore(handle, words, moved));
    return me(client);
  });
  await context.out.record(
    { account: account.account, handle: account.handle },
    `Welcome back, ${account.handle}. This is a new device of your account.`,
  );
}

async function devices(context: Context): Promise<void> {
  const list = await looking(context, (client) => client.devices());
  const rows = list.map((one) => ({
    object: one,
    cells: [
      one.device,
      `since ${clock(one.addedAt)}`,
      one.live ? '' : 'revoked',
      one.thisDevice ? 'this device' : '',
    ],
  }));
  await context.out.table(rows, 'No devices.');
}

async function revoke(context: Context, device: string): Promise<void> {
  await changing(context, (client) => client.revokeDevice(device));
  await context.out.record({ device, live: false }, `Device ${device} is revoked.`);
}

async function forget(context: Context): Promise<void> {
  await changingOffline(context, (client) => client.forget());
  await context.out.record({ forgotten: true }, `${context.home} holds nothing any more.`);
}

export function accountCommands(program: Command, act: Act): void {
  program
    .command('signup <handle>')
    .description('make an account; its recovery phrase of 24 words is shown once')
    .option('--passphrase', 'protect the account by a passphrase of your own, read from standard input')
    .action(act(signUp));
  program
    .command('restore <handle>')
    .description('bring an account to this home; the words are read from standard input')
    .action(act(restore));
  program.command('devices').description('the devices of this account').action(act(devices));
  program
    .command('revoke <device>')
    .description('take a device of this account out of all rooms')
    .action(act(revoke));
  program.command('forget').description('delete the account from this home').action(act(forget));
}
