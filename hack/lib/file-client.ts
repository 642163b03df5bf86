/** A headless client with a home folder and keys of the unsafe pool, as the stories use it. */
import { SottoClient } from '@sotto/client';
import { openFileStorage } from '@sotto/client/file';
import { unsafeKeys } from '@sotto/client/testing';

/** Client number `i`: each has keys of its own. */
export const openFileClient = async (url: string, home: string, i: number): Promise<SottoClient> =>
  SottoClient.open({ url, storage: await openFileStorage(home), keys: unsafeKeys(i) });
