/** Opening the home for a command: as its one writer, or as a reader beside it. */
import { openFileStorage } from '../store/file.ts';
import { isHome } from '../store/file-database.ts';
import { type Lock, tryLock, waitForLock } from '../store/lock.ts';
import type { Storage } from '../store/port.ts';
import { openFileSnapshot } from '../store/snapshot.ts';
import type { SottoClientApi } from '../views.ts';
import type { Context } from './context.ts';
import { PATIENCE_MS, settled, Unreachable, within } from './patience.ts';

type Work<T> = (client: SottoClientApi) => Promise<T>;

const stranger = (home: string): Error =>
  new Error(
    `${home} holds no account yet; make one with "sotto signup HANDLE", or bring one here with "sotto restore HANDLE".`,
  );

/** Opens the client, hands it to `work`, and closes everything however that ends. */
async function using<T>(
  { world, server, out }: Context,
  lock: Lock | null,
  openStorage: () => Promise<Storage>,
  work: Work<T>,
): Promise<T> {
  try {
    const storage = await openStorage();
    const client = await world
      .openClient({ url: server, storage, readOnly: lock === null })
      .catch(async (error) => {
        await storage.close();
        throw error;
      });
    const said = new Set<string>();
    client.on('alert', ({ id, sentence, acknowledged }) => {
      if (!acknowledged && !said.has(id)) out.note(`Alert: ${sentence}`);
      said.add(id);
    });
    try {
      return await work(client);
    } catch (error) {
      throw error instanceof Unreachable ? error.at(server) : error;
    } finally {
      await client.close();
    }
  } finally {
    lock?.release();
  }
}

const writer = (context: Context): Promise<Lock> =>
  waitForLock(context.home, () =>
    context.out.note('Another sotto command is using this home; waiting for it to end.'),
  );

/** Refuses a home without an account. */
const known =
  <T>({ home }: Context, work: Work<T>): Work<T> =>
  async (client) => {
    if (client.account() === null) throw stranger(home);
    return work(client);
  };

/** Waits until every room is caught up, and gives up with a sentence when the server is away for too long. */
const reached =
  <T>(work: Work<T>): Work<T> =>
  async (client) => {
    await settled(client);
    return within(client, PATIENCE_MS, () => work(client));
  };

/** For commands that make the account. */
export async function newcomer<T>(context: Context, work: Work<T>): Promise<T> {
  const lock = await writer(context);
  const open = () => openFileStorage(context.home);
  return using(context, lock, open, async (client) => {
    const account = client.account();
    if (account !== null) throw new Error(`${context.home} belongs to ${account.handle} already.`);
    return work(client);
  });
}

/** As the home's one writer, whether or not the server can be reached. */
export async function changingOffline<T>(context: Context, work: Work<T>): Promise<T> {
  if (!isHome(context.home)) throw stranger(context.home);
  const lock = await writer(context);
  return using(context, lock, () => openFileStorage(context.home), known(context, work));
}

/** As a reader, whether or not the server can be reached. Where nobody is the writer, what gets verified is kept. */
export async function lookingOffline<T>(context: Context, work: Work<T>): Promise<T> {
  if (!isHome(context.home)) throw stranger(context.home);
  const lock = tryLock(context.home);
  const open = lock === null ? openFileSnapshot : openFileStorage;
  return using(context, lock, () => open(context.home), known(context, work));
}

/** As the home's one writer, with the server. Results are printed afterwards: a slow reader is no slow server. */
export const changing = <T>(context: Context, work: Work<T>): Promise<T> =>
  changingOffline(context, reached(work));

/** As a reader, with the server. Results are printed afterwards: a slow reader is no slow server. */
export const looking = <T>(context: Context, work: Work<T>): Promise<T> =>
  lookingOffline(context, reached(work));

/** As a reader that goes on and on: it holds no lock, so that others write to this home meanwhile, and keeps nothing. */
export const following = <T>(context: Context, work: Work<T>): Promise<T> =>
  using(
    context,
    null,
    () => openFileSnapshot(context.home),
    async (client) => {
      await settled(client);
      return work(client);
    },
  );
