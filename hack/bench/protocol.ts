/**
 * Sealing, opening and committing, each as a ratio to the RSA operation that it cannot do without, measured in the same run and
 * in turns, so that a noisy machine slows both. Medians. No asserts; the goals stand beside the figures.
 */
import {
  type Bytes,
  type DraftHeader,
  type EpochContext,
  exportSpki,
  importWrapKey,
  type KeyChain,
  makeEpoch,
  mapInFlight,
  messageIdAt,
  newEpochSecret,
  oaepWrap,
  openMessage,
  parseEnvelope,
  type RecipientKey,
  randomBytes,
  readKeyChain,
  recipientKeysAt,
  type SignedStatement,
  sealMessage,
  senderKeyOf,
  sign,
  utf8,
  verify,
  verifyEnvelope,
  zeros,
} from '@sotto/protocol';
import { UNSAFE_PAIRS, unsafeEncryptionPair, unsafeSigningPair } from '@sotto/protocol/testing';
import { bareAccount } from '../lib/bare-account.ts';
import { printTable, quantile } from './table.ts';

const DEVICES = 1000;
const MESSAGE_ROUNDS = 400;
const COMMIT_ROUNDS = 7;

type Work = Readonly<Record<string, () => Promise<unknown>>>;

/** Runs every piece of work in turn, `rounds` times, after one unmeasured round; the median milliseconds of each. */
async function inTurns<W extends Work>(work: W, rounds: number): Promise<Record<keyof W, number>> {
  const times: Record<string, number[]> = {};
  for (let round = -1; round < rounds; round++) {
    for (const [name, run] of Object.entries(work)) {
      const begun = performance.now();
      await run();
      if (round >= 0) times[name] = [...(times[name] ?? []), performance.now() - begun];
    }
  }
  const median = (list: number[]): number =>
    quantile(
      [...list].sort((a, b) => a - b),
      0.5,
    );
  return Object.fromEntries(Object.entries(times).map(([name, list]) => [name, median(list)])) as Record<
    keyof W,
    number
  >;
}

const ratio = (ms: number, of: number): string => `${(ms / of).toFixed(2)} x`;

async function messages(): Promise<void> {
  const { privateKey, publicKey } = await unsafeSigningPair(0);
  const device = randomBytes(16);
  const commitHash = randomBytes(32);
  const senderKey = await senderKeyOf(newEpochSecret(), commitHash, device);
  const draft: DraftHeader = {
    room: randomBytes(16),
    epoch: 1,
    commit: commitHash.slice(0, 16),
    account: randomBytes(16),
    device,
    deviceSeq: 1,
    id: messageIdAt(Date.now()),
    head: 1,
    headHash: randomBytes(32),
    previous: zeros(32),
    sentAt: Date.now(),
  };
  const payload = utf8(
    JSON.stringify({ v: 1, kind: 'text', text: 'A message of ordinary length, about lunch.' }),
  );
  const envelope = await sealMessage(draft, payload, senderKey, privateKey);
  const hash = randomBytes(80);
  const signature = await sign(privateKey, hash);
  const open = async (): Promise<void> => {
    const parsed = parseEnvelope(envelope);
    if (!(await verifyEnvelope(parsed, publicKey))) throw new Error('signature');
    if ((await openMessage(parsed, senderKey)) === null) throw new Error('not opened');
  };
  const ms = await inTurns(
    {
      sign: () => sign(privateKey, hash),
      seal: () => sealMessage(draft, payload, senderKey, privateKey),
      verify: () => verify(publicKey, signature, hash),
      open,
    },
    MESSAGE_ROUNDS,
  );
  printTable(
    'One message',
    ['', 'ms', 'ratio', 'goal'],
    [
      ['one RSA-PSS-3072 signature', ms.sign.toFixed(3), '', ''],
      ['seal', ms.seal.toFixed(3), ratio(ms.seal, ms.sign), '<= 1.5 x'],
      ['one RSA-PSS-3072 verification', ms.verify.toFixed(3), '', ''],
      ['open (parse, verify, decrypt)', ms.open.toFixed(3), ratio(ms.open, ms.verify), '<= 5 x'],
    ],
  );
}

/** Each account's chain of three statements, checked from nothing, and its one device's key. */
async function recipientsFrom(
  chains: readonly (readonly SignedStatement[])[],
  devices: readonly Bytes[],
): Promise<RecipientKey[]> {
  const all = await mapInFlight(chains, async (statements) => {
    const chain = (await readKeyChain(null, statements)) as KeyChain;
    return recipientKeysAt(chain, chain.seq);
  });
  return all.flatMap((keys, i) => keys.map((key) => ({ ...key, device: devices[i] as Bytes })));
}

async function commits(): Promise<void> {
  // The pool's accounts come again and again; nothing below knows, and each device has an id of its own.
  const accounts = await Promise.all(
    Array.from({ length: UNSAFE_PAIRS }, (_, i) => bareAccount(`bench-${i}`, i)),
  );
  const chains = Array.from({ length: DEVICES }, (_, i) => {
    const { statements } = (accounts[i % UNSAFE_PAIRS] as (typeof accounts)[number]).creation;
    return statements.map((s) => ({
      bytes: new Uint8Array(Buffer.from(s.bytes, 'base64url')),
      signature: new Uint8Array(Buffer.from(s.signature, 'base64url')),
    }));
  });
  const devices = chains.map(() => randomBytes(16));
  const recipients = await recipientsFrom(chains, devices);
  const keys = await Promise.all(
    recipients.map(async (_, i) => {
      const spki = await exportSpki((await unsafeEncryptionPair(i)).publicKey);
      return (await importWrapKey(spki)) as CryptoKey;
    }),
  );
  const keyOf = new Map(recipients.map((r, i) => [r, keys[i] as CryptoKey]));
  const secret = newEpochSecret();
  const label = randomBytes(32);
  const context: EpochContext = {
    room: randomBytes(16),
    epoch: 2,
    previous: randomBytes(32),
    membership: randomBytes(32),
    committer: randomBytes(16),
  };
  const ms = await inTurns(
    {
      bare: () => Promise.all(keys.map((key) => oaepWrap(key, secret, label))),
      warm: () => makeEpoch(context, recipients, async (r) => keyOf.get(r) ?? null),
      cold: async () => makeEpoch(context, await recipientsFrom(chains, devices)),
    },
    COMMIT_ROUNDS,
  );
  printTable(
    `A commit to ${DEVICES} devices`,
    ['', 'ms', 'ratio', 'goal'],
    [
      [`${DEVICES} bare OAEP wraps`, ms.bare.toFixed(0), '', ''],
      ['warm: keys in memory', ms.warm.toFixed(0), ratio(ms.warm, ms.bare), '<= 1.6 x'],
      [
        `cold: ${DEVICES} accounts' key lists checked, keys imported`,
        ms.cold.toFixed(0),
        ratio(ms.cold, ms.bare),
        '<= 8 x',
      ],
    ],
  );
}

await messages();
await commits();
