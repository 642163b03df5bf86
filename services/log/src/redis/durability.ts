/** Refuses a Redis whose acknowledgements would not mean "on the disk" (design, idea 2). */
import type { Redis } from 'ioredis';
import { StoreFault } from './store-fault.ts';

/** Each setting with the value that it must have and what goes wrong otherwise. */
const REQUIRED = {
  appendonly: { value: 'yes', otherwise: 'nothing would be written to the disk before it is acknowledged' },
  appendfsync: { value: 'always', otherwise: 'a power cut would lose what was acknowledged' },
  'no-appendfsync-on-rewrite': {
    value: 'no',
    otherwise: 'a power cut during a rewrite would lose what was acknowledged',
  },
  'maxmemory-policy': { value: 'noeviction', otherwise: 'a full memory would drop rooms' },
} as const;

async function settings(redis: Redis): Promise<Map<string, string>> {
  let flat: string[];
  try {
    flat = (await redis.call('CONFIG', 'GET', ...Object.keys(REQUIRED))) as string[];
  } catch (error) {
    // Refused, or renamed away. Anything else (a lost connection) may go better next time.
    const { message } = error as Error;
    if (!/^(NOPERM|ERR unknown command)/.test(message)) throw error;
    throw new StoreFault(
      'Redis does not let this replica read its settings, so nobody knows whether it keeps what it acknowledges: allow CONFIG GET (in an ACL: +config|get).',
    );
  }
  const found = new Map<string, string>();
  for (let i = 0; i + 1 < flat.length; i += 2) found.set(flat[i] as string, flat[i + 1] as string);
  return found;
}

/** Throws `StoreFault`, whose message names every setting that is wrong. */
export async function checkDurability(redis: Redis): Promise<void> {
  const found = await settings(redis);
  const faults = Object.entries(REQUIRED)
    .filter(([name, { value }]) => found.get(name) !== value)
    .map(([name, { value, otherwise }]) => `${name} is ${found.get(name)}, not ${value} (else ${otherwise})`);
  if (faults.length > 0) throw new StoreFault(`Redis would lose messages: ${faults.join('; ')}.`);
}
