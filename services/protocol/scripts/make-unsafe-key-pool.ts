/**
 * Writes `testing/unsafe-key-pool.json`: 48 signing and 48 encryption pairs whose private halves are public from then on.
 * Run once; making the pool again changes every vector in `vectors/`.
 */
import { writeFileSync } from 'node:fs';
import { b64 } from '../src/bytes.ts';
import { exportPkcs8, exportSpki, generateEncryptionPair, generateSigningPair } from '../src/crypto.ts';

const PAIRS = 48;

const written = async ({ privateKey, publicKey }: CryptoKeyPair) => ({
  pkcs8: b64(await exportPkcs8(privateKey)),
  spki: b64(await exportSpki(publicKey)),
});

const signing = [];
const encryption = [];
for (let i = 0; i < PAIRS; i++) {
  signing.push(await written(await generateSigningPair(true)));
  encryption.push(await written(await generateEncryptionPair(true)));
}
const warning =
  'UNSAFE: the private keys below are published. For tests, load and chaos runs only; anything encrypted or signed with them is readable and forgeable by everybody.';
const file = new URL('../testing/unsafe-key-pool.json', import.meta.url);
writeFileSync(file, `${JSON.stringify({ warning, signing, encryption }, null, 1)}\n`);
console.log(`${PAIRS} signing and ${PAIRS} encryption pairs written to testing/unsafe-key-pool.json`);
