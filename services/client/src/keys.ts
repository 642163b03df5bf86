/** Where RSA pairs come from: WebCrypto makes them (0.3 to 0.5 s each); tests and load draw from a pool of unsafe ones. */
import { generateEncryptionPair, generateSigningPair } from '@sotto/protocol';

export interface KeySource {
  signing(extractable: boolean): Promise<CryptoKeyPair>;
  encryption(extractable: boolean): Promise<CryptoKeyPair>;
}

export const freshKeys: KeySource = { signing: generateSigningPair, encryption: generateEncryptionPair };
