/** The function library: read from the file beside this one, loaded where Redis does not hold it yet. */
import { readFileSync } from 'node:fs';
import type { Redis } from 'ioredis';
import { StoreFault } from './store-fault.ts';

const NAME = 'sotto_v1';

export const libraryCode = (): string => readFileSync(new URL('./sotto_v1.lua', import.meta.url), 'utf8');

/** What decides whether two texts are one library: comments and layout may change, code may not. */
const essence = (code: string): string =>
  code
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('--'))
    .join('\n');

async function loaded(redis: Redis): Promise<string | null> {
  const found = await redis.call('FUNCTION', 'LIST', 'LIBRARYNAME', NAME, 'WITHCODE');
  const [library] = found as string[][];
  if (library === undefined) return null;
  return library[library.indexOf('library_code') + 1] ?? null;
}

/**
 * Never replaces other code under the same name: a replica of another release may be calling it at this moment.
 * Throws `StoreFault` where Redis holds other code.
 */
export async function loadLibrary(redis: Redis, code: string): Promise<void> {
  let present = await loaded(redis);
  if (present === null) {
    try {
      await redis.call('FUNCTION', 'LOAD', code);
      return;
    } catch (error) {
      // Another replica was quicker.
      if (!/already exists/i.test((error as Error).message)) throw error;
      present = await loaded(redis);
    }
  }
  if (present !== null && essence(present) === essence(code)) return;
  throw new StoreFault(
    `Redis holds other code under the name ${NAME} than this release: stop the other replicas and run FUNCTION DELETE ${NAME}, or use the release that loaded it.`,
  );
}

export const isFunctionMissing = (error: Error): boolean => /function not found/i.test(error.message);
