/**
 * Project Wycheproof against the project's own functions. Sizes that Sotto does not use (2,048 and 4,096 bits) go through the
 * same functions with keys that the test imports itself: `importVerifyKey` rightly takes 3,072 bits alone.
 */
import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type Bytes, concat, fromHex, hex } from '../src/bytes.ts';
import {
  aesKey,
  aesOpen,
  aesSeal,
  hkdf,
  importUnwrapKey,
  importVerifyKey,
  oaepUnwrap,
  verify,
} from '../src/crypto.ts';

const outside = new URL('../../../../shared/vectors/wycheproof/', import.meta.url);
const copies = new URL('./wycheproof/', import.meta.url);

interface Case {
  readonly tcId: number;
  readonly comment: string;
  readonly flags: readonly string[];
  readonly result: 'valid' | 'invalid' | 'acceptable';
  readonly [field: string]: unknown;
}
interface File<G> {
  readonly numberOfTests: number;
  readonly testGroups: readonly (G & { readonly tests: readonly Case[] })[];
}

function load<G>(name: string): File<G> {
  const file = existsSync(outside) ? new URL(name, outside) : new URL(name, copies);
  return JSON.parse(readFileSync(file, 'utf8')) as File<G>;
}

const bytesOf = (one: Case, field: string): Bytes => fromHex(one[field] as string);

/**
 * Runs every case of a file; `judge` says whether the project accepts it. "valid" must be accepted and "invalid" refused.
 * "acceptable" may go either way and is counted apart; none of these files has one.
 */
async function run<G>(
  name: string,
  judge: (group: G, one: Case) => Promise<boolean>,
  file = load<G>(name),
): Promise<void> {
  const counts = { valid: 0, invalid: 0, acceptable: 0 };
  for (const group of file.testGroups) {
    for (const one of group.tests) {
      const accepted = await judge(group, one);
      if (one.result !== 'acceptable') {
        expect(accepted, `${name} ${one.tcId}: ${one.comment}`).toBe(one.result === 'valid');
      }
      counts[one.result]++;
    }
  }
  const ran = counts.valid + counts.invalid + counts.acceptable;
  expect(ran).toBe(file.testGroups.reduce((sum, group) => sum + group.tests.length, 0));
  console.log(
    `${name}: ${ran} of ${file.numberOfTests} cases: ${counts.valid} valid accepted, ${counts.invalid} invalid refused, ${counts.acceptable} acceptable`,
  );
}

test.each([2048, 3072, 4096])('RSA-OAEP %i, SHA-256, MGF1-SHA-256', async (bits) => {
  await run<{ privateKeyPkcs8: string }>(
    `rsa_oaep_${bits}_sha256_mgf1sha256_test.json`,
    async (group, one) => {
      const key = await importUnwrapKey(fromHex(group.privateKeyPkcs8), false);
      const message = await oaepUnwrap(key, bytesOf(one, 'ct'), bytesOf(one, 'label'));
      return message !== null && hex(message) === one.msg;
    },
  );
});

test('RSA-OAEP with MGF1-SHA-1 is another algorithm: none of its ciphertexts opens', async () => {
  // WebCrypto ties the mask's hash to OAEP's own, so a sender who used SHA-1 for the mask must be refused throughout.
  const name = 'rsa_oaep_3072_sha256_mgf1sha1_test.json';
  const file = load<{ privateKeyPkcs8: string }>(name);
  let refused = 0;
  for (const group of file.testGroups) {
    const key = await importUnwrapKey(fromHex(group.privateKeyPkcs8), false);
    for (const one of group.tests) {
      expect(await oaepUnwrap(key, bytesOf(one, 'ct'), bytesOf(one, 'label')), `${one.tcId}`).toBeNull();
      refused++;
    }
  }
  expect(refused).toBe(file.numberOfTests);
  console.log(`${name}: ${refused} of ${file.numberOfTests} cases refused, as another algorithm's must be`);
});

const importAnySize = (spki: Bytes): Promise<CryptoKey> =>
  crypto.subtle.importKey('spki', spki, { name: 'RSA-PSS', hash: 'SHA-256' }, true, ['verify']);

test.each([2048, 3072, 4096])('RSA-PSS %i, SHA-256, salt 32', async (bits) => {
  await run<{ publicKeyPem: string }>(`rsa_pss_${bits}_sha256_mgf1_32_test.json`, async (group, one) => {
    const der = new Uint8Array(
      Buffer.from(group.publicKeyPem.replace(/-----[A-Z ]+-----|\s/g, ''), 'base64'),
    );
    const key = bits === 3072 ? await importVerifyKey(der) : await importAnySize(der);
    expect(key).not.toBeNull();
    return verify(key as CryptoKey, bytesOf(one, 'sig'), bytesOf(one, 'msg'));
  });
});

test('AES-GCM, every key size and every nonce size that WebCrypto offers', async () => {
  // Sotto's nonces have 96 bits. Node's WebCrypto takes 96 to 1,024; what it does not take it must refuse, valid or not.
  const offered = (group: { ivSize: number }): boolean => group.ivSize >= 96 && group.ivSize <= 1024;
  const name = 'aes_gcm_test.json';
  const file = load<{ ivSize: number }>(name);
  const judge = async (_: unknown, one: Case): Promise<boolean> => {
    const key = await aesKey(bytesOf(one, 'key'));
    const [iv, aad] = [bytesOf(one, 'iv'), bytesOf(one, 'aad')];
    const sealed = concat(bytesOf(one, 'ct'), bytesOf(one, 'tag'));
    const opened = await aesOpen(key, iv, aad, sealed);
    if (opened === null) return false;
    expect(hex(opened)).toBe(one.msg);
    expect(hex(await aesSeal(key, iv, aad, opened))).toBe(hex(sealed));
    return true;
  };
  await run(name, judge, { ...file, testGroups: file.testGroups.filter(offered) });
  let refused = 0;
  for (const group of file.testGroups.filter((g) => !offered(g))) {
    for (const one of group.tests) {
      expect(await judge(group, one), `${name} ${one.tcId}`).toBe(false);
      refused++;
    }
  }
  console.log(`${name}: ${refused} cases with nonces of other sizes, all refused`);
});

test('HKDF-SHA-256', async () => {
  await run('hkdf_sha256_test.json', async (_, one) => {
    try {
      const [ikm, salt, info] = [bytesOf(one, 'ikm'), bytesOf(one, 'salt'), bytesOf(one, 'info')];
      return hex(await hkdf(ikm, salt, info, one.size as number)) === one.okm;
    } catch {
      return false;
    }
  });
});

test('the copies are the files', () => {
  if (!existsSync(outside)) return;
  for (const name of [
    'aes_gcm_test.json',
    'hkdf_sha256_test.json',
    ...[2048, 3072, 4096].flatMap((bits) => [
      `rsa_oaep_${bits}_sha256_mgf1sha256_test.json`,
      `rsa_pss_${bits}_sha256_mgf1_32_test.json`,
    ]),
    'rsa_oaep_3072_sha256_mgf1sha1_test.json',
  ]) {
    expect(readFileSync(new URL(name, copies), 'utf8')).toBe(readFileSync(new URL(name, outside), 'utf8'));
  }
});
