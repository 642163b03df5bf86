/**
 * Whose data a Redis holds: the first replica leaves the id of its server keys there, and whoever comes with other keys is
 * sent away. With them it could open no handle and no ticket, and clients would take it for somebody else.
 */
import { b64 } from '@sotto/protocol';
import type { Redis } from 'ioredis';
import { StartFault } from '../start-fault.ts';

/** Beside the store's own keys, in the slot of its first shard. */
const OWNER = '{sotto:0}server-keys';

/** Throws `StartFault` where the data belongs to other keys. `server`: see `serverIdOf`. */
export async function claimRedis(redis: Redis, server: Uint8Array<ArrayBuffer>): Promise<void> {
  const mine = b64(server);
  await redis.set(OWNER, mine, 'NX');
  if ((await redis.get(OWNER)) === mine) return;
  throw new StartFault(
    'The data in Redis belongs to other server keys than these; give this replica the same key file as the others.',
  );
}
