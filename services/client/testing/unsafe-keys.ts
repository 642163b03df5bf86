/** UNSAFE keys for tests, load and chaos: drawn from the published pool, made when the pool has run out. */
import { generateEncryptionPair, generateSigningPair } from '@sotto/protocol';
import { UNSAFE_PAIRS, unsafeEncryptionPair, unsafeSigningPair } from '@sotto/protocol/testing';
import type { KeySource } from '../src/keys.ts';

/** Pairs that a client usually needs: account, device, and an invite or two. */
const EACH = 4;

/** The keys of client number `i`: no two clients share one. */
export function unsafeKeys(i: number): KeySource {
  let [signing, encryption] = [EACH * i, i];
  const last = EACH * (i + 1);
  return {
    signing: (extractable) =>
      signing < Math.min(last, UNSAFE_PAIRS)
        ? unsafeSigningPair(signing++)
        : generateSigningPair(extractable),
    encryption: (extractable) => {
      const mine = encryption === i && i < UNSAFE_PAIRS;
      encryption++;
      return mine ? unsafeEncryptionPair(i) : generateEncryptionPair(extractable);
    },
  };
}
