/**
 * The server's hold on a backup (design section 4): a scrypt hash of the client's authentication half. Hashing runs on the
 * thread pool; comparing takes the same time whatever differs.
 */
import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { type Bytes, b64, fromB64, own } from '@sotto/protocol';

/** 16 MiB each: the half is already 256 bits or the output of Argon2id, so this guards a stolen database only. */
const COST = { N: 16_384, r: 8, p: 1 };
const HASH_BYTES = 32;

const hash = (auth: Bytes, salt: Bytes, cost: typeof COST): Promise<Bytes> =>
  new Promise((resolve, reject) => {
    scrypt(auth, salt, HASH_BYTES, { ...cost, maxmem: 64 * 1024 * 1024 }, (error, key) => {
      if (error === null) resolve(own(key));
      else reject(error);
    });
  });

/** scrypt$N$r$p$salt$hash, the last two base64url. */
export async function hashAuth(auth: Bytes): Promise<string> {
  const salt = own(randomBytes(16));
  return ['scrypt', COST.N, COST.r, COST.p, b64(salt), b64(await hash(auth, salt, COST))].join('$');
}

export async function authMatches(auth: Bytes, stored: string): Promise<boolean> {
  const [, n, r, p, salt, expected] = stored.split('$') as [string, string, string, string, string, string];
  const cost = { N: Number(n), r: Number(r), p: Number(p) };
  return timingSafeEqual(await hash(auth, fromB64(salt), cost), fromB64(expected));
}
