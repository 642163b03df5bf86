/**
 * Writes `vectors/*.json` from the pool of unsafe keys and fixed inputs. Signatures, wraps and seals are random by nature, so
 * every run gives other bytes that mean the same; the files are made once for each version of the protocol.
 */
import { writeFileSync } from 'node:fs';
import { keys } from './vectors/cast.ts';
import { channel } from './vectors/channel.ts';
import { invite, membership } from './vectors/membership.ts';
import { identity, keyChain, safety } from './vectors/people.ts';
import { batch, commit, envelope, history, receipt, roomChain } from './vectors/rooms.ts';
import { backup, payload } from './vectors/words.ts';

const files: Record<string, () => Promise<unknown>> = {
  keys,
  identity,
  'key-chain': keyChain,
  safety,
  envelope,
  commit,
  history,
  'room-chain': roomChain,
  receipt,
  batch,
  membership,
  invite,
  channel,
  backup,
  payload,
};

for (const [name, make] of Object.entries(files)) {
  const file = new URL(`../vectors/${name}.json`, import.meta.url);
  writeFileSync(file, `${JSON.stringify({ protocol: 1, ...((await make()) as object) }, null, 1)}\n`);
  console.log(`vectors/${name}.json`);
}
