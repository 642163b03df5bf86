/**
 * Sealing, opening and committing, each as a ratio to the RSA operation that it cannot do without, measured in the same run and
 * in turns, so that a noisy machine slows both. Medians. No asserts; the goals stand beside the figures.
 */
import {
  accountIdOf,
  b64,
  type DraftHeader,
  deviceIdOf,
  type EpochContext,
  exportSpki,
  extendKeyChain,
  handleCommitment,
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
  type StatementBody,
  sealMessage,
  senderKeyOf,
  sign,
  signStatement,
  utf8,
  verify,
  verifyEnvelope,
  zeros,
} from '@sotto/protocol';
import { UNSAFE_PAIRS, unsafeEncryptionPair, unsafeSigningPair } from '@sotto/protocol/testing';
import { printTable, quantile } from './table.ts';

const DEVICES = 1000;
const MESSAGE_ROUNDS = 400;
const COMMIT_ROUNDS = 9;

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

type Statements = readonly SignedStatement[];

/** Key lists checked from nothing; the newest key of every device in them. */
async function recipientsFrom(lists: readonly Statements[]): Promise<RecipientKey[]> {
  const keys = await mapInFlight(lists, async (statements) => {
    const chain = (await readKeyChain(null, statements)) as KeyChain;
    return recipientKeysAt(chain, chain.seq);
  });
  return keys.flat();
}

/** An account of the pool with so many devices, each with one encryption key. */
async function statementsOf(i: number, devices: number): Promise<SignedStatement[]> {
  const { privateKey, publicKey } = await unsafeSigningPair(i);
  const accountKey = await exportSpki(publicKey);
  const account = await accountIdOf(accountKey);
  const statements: SignedStatement[] = [];
  let chain: KeyChain | null = null;
  const say = async (body: StatementBody, signer: CryptoKey): Promise<void> => {
    const signed = await signStatement(chain, account, body, signer, 0);
    statements.push(signed);
    chain = await extendKeyChain(chain, signed);
  };
  const handle = b64(await handleCommitment(account, `bench-${i}`));
  await say({ type: 'account.create', accountKey: b64(accountKey), handle }, privateKey);
  for (let d = 1; d <= devices; d++) {
    const device = await unsafeSigningPair(i + d);
    const deviceKey = await exportSpki(device.publicKey);
    await say({ type: 'device.add', deviceKey: b64(deviceKey) }, privateKey);
    const key = b64(await exportSpki((await unsafeEncryptionPair(i + d)).publicKey));
    const id = b64(await deviceIdOf(deviceKey));
    await say({ type: 'key.publish', device: id, number: 1, key }, device.privateKey);
  }
  return statements;
}

/** As many accounts as have 1,000 devices together. The pool's come again and again; nothing measured knows. */
async function listsWith(devicesEach: number): Promise<Statements[]> {
  const made = await Promise.all(
    Array.from({ length: UNSAFE_PAIRS }, (_, i) => statementsOf(i, devicesEach)),
  );
  return Array.from({ length: DEVICES / devicesEach }, (_, i) => made[i % UNSAFE_PAIRS] as Statements);
}

async function commits(): Promise<void> {
  const [single, double] = [await listsWith(1), await listsWith(2)];
  const recipients = await recipientsFrom(single);
  const keys = await Promise.all(recipients.map(async (r) => (await importWrapKey(r.spki)) as CryptoKey));
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
      oneByOne: async () => {
        for (const key of keys) await oaepWrap(key, secret, label);
      },
      warm: () => makeEpoch(context, recipients, async (r) => keyOf.get(r) ?? null),
      double: async () => makeEpoch(context, await recipientsFrom(double)),
      single: async () => makeEpoch(context, await recipientsFrom(single)),
    },
    COMMIT_ROUNDS,
  );
  const row = (what: string, took: number, goal = '') => [
    what,
    took.toFixed(0),
    ratio(took, ms.bare),
    goal,
    ratio(took, ms.oneByOne),
  ];
  printTable(
    `A commit to ${DEVICES} devices; cold: key lists checked from nothing, keys imported`,
    ['', 'ms', 'of bare wraps', 'goal', 'of wraps one by one'],
    [
      row(`${DEVICES} bare OAEP wraps, all under way at once`, ms.bare),
      row(`${DEVICES} bare OAEP wraps, one by one`, ms.oneByOne),
      row('warm', ms.warm, '<= 1.6 x'),
      row(`cold, ${double.length} accounts of two devices`, ms.double, '<= 8 x'),
      row(`cold, ${single.length} accounts of one device`, ms.single, '<= 8 x'),
    ],
  );
}

await messages();
await commits();
