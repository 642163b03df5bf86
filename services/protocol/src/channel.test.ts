import { beforeAll, expect, test } from 'vitest';
import { refusal } from '../testing/refusal.ts';
import { unsafeEncryptionPair, unsafeSigningPair } from '../testing/unsafe-key-pool.ts';
import { type Bytes, b64, concat, fromB64, label, zeros } from './bytes.ts';
import {
  acceptChannel,
  type Channel,
  type Hello,
  openChannel,
  openTicket,
  PROTOCOL_VERSION,
  resumeChannel,
  sealTicket,
  serverIdOf,
  signLogin,
  signWelcome,
  type Ticket,
  ticketProof,
  verifyLogin,
  verifyWelcome,
} from './channel.ts';
import { aesKey, exportSpki, oaepWrap, randomBytes, sha256 } from './crypto.ts';

let serverSign: CryptoKeyPair;
let serverWrap: CryptoKeyPair;
let hello: Hello;
let helloText: string;

beforeAll(async () => {
  serverSign = await unsafeSigningPair(44);
  serverWrap = await unsafeEncryptionPair(44);
  const signKey = await exportSpki(serverSign.publicKey);
  hello = {
    versions: [PROTOCOL_VERSION],
    server: b64(await serverIdOf(signKey)),
    signKey: b64(signKey),
    wrapKey: b64(await exportSpki(serverWrap.publicKey)),
    nonce: b64(randomBytes(32)),
    time: 0,
    generation: 'g',
  };
  helloText = JSON.stringify(hello);
});

interface Ends {
  client: Channel;
  server: Channel;
}

async function connect(): Promise<Ends> {
  const nonce = randomBytes(32);
  const { channel, wrapped } = await openChannel(
    helloText,
    hello,
    serverWrap.publicKey,
    randomBytes(32),
    nonce,
  );
  const server = await acceptChannel(helloText, hello, serverWrap.privateKey, nonce, wrapped);
  return { client: channel, server: server as Channel };
}

const resume = async (ticket: Bytes, secret: Bytes, clientSecret = secret): Promise<Ends> => {
  const nonce = randomBytes(32);
  return {
    client: await resumeChannel(clientSecret, helloText, nonce, ticket, 'client'),
    server: await resumeChannel(secret, helloText, nonce, ticket, 'server'),
  };
};

test('both ends share a transcript, and frames go both ways', async () => {
  const { client, server } = await connect();
  expect(client.transcript).toEqual(server.transcript);
  expect(client.resumption).toEqual(server.resumption);
  for (let i = 0; i < 5; i++) {
    expect(await server.open(await client.seal({ up: i }))).toEqual({ up: i });
    expect(await client.open(await server.seal([i, 'down']))).toEqual([i, 'down']);
  }
});

test('sealed in the order of the calls, though none is awaited', async () => {
  const { client, server } = await connect();
  const frames = await Promise.all([0, 1, 2, 3].map((i) => client.seal(i)));
  expect(await Promise.all(frames.map((frame) => server.open(frame)))).toEqual([0, 1, 2, 3]);
});

test('a frame repeated, skipped or swapped is refused', async () => {
  const replay = await connect();
  const frame = await replay.client.seal('once');
  await replay.server.open(frame);
  expect(await refusal(() => replay.server.open(frame))).toBe('bad_frame');

  const skip = await connect();
  await skip.client.seal('lost');
  const second = await skip.client.seal('next');
  expect(await refusal(() => skip.server.open(second))).toBe('bad_frame');

  const swap = await connect();
  const [one, two] = [await swap.client.seal(1), await swap.client.seal(2)];
  expect(await refusal(() => swap.server.open(two))).toBe('bad_frame');
  expect(await refusal(() => swap.server.open(one))).toBe('bad_frame');
});

test('a frame is not reflected, not moved to another channel, not changed', async () => {
  const { client, server } = await connect();
  const other = await connect();
  const frame = await client.seal('mine');
  expect(await refusal(() => client.open(frame))).toBe('bad_frame');
  expect(await refusal(() => other.server.open(frame))).toBe('bad_frame');
  const changed = frame.slice();
  changed[0] = (changed[0] as number) ^ 1;
  expect(await refusal(() => server.open(changed))).toBe('bad_frame');
  expect(await refusal(async () => (await connect()).server.open(zeros(0)))).toBe('bad_frame');
});

test('a channel secret is accepted for its own hello and nonce alone', async () => {
  const nonce = randomBytes(32);
  const { wrapped } = await openChannel(helloText, hello, serverWrap.publicKey, randomBytes(32), nonce);
  const accept = (h: Hello, n: Bytes, w: Bytes, key = serverWrap.privateKey) =>
    acceptChannel(JSON.stringify(h), h, key, n, w);
  expect(await accept(hello, nonce, wrapped)).not.toBeNull();
  expect(await accept({ ...hello, nonce: b64(randomBytes(32)) }, nonce, wrapped)).toBeNull();
  expect(await accept({ ...hello, server: b64(zeros(16)) }, nonce, wrapped)).toBeNull();
  expect(await accept(hello, randomBytes(32), wrapped)).toBeNull();
  expect(await accept(hello, nonce, zeros(384))).toBeNull();
  expect(await accept(hello, nonce, wrapped, (await unsafeEncryptionPair(45)).privateKey)).toBeNull();
});

test('a hello changed on the way leaves the ends with different keys', async () => {
  const nonce = randomBytes(32);
  const seen = JSON.stringify({ ...hello, versions: [1, 0] });
  const { channel, wrapped } = await openChannel(seen, hello, serverWrap.publicKey, randomBytes(32), nonce);
  const server = (await acceptChannel(helloText, hello, serverWrap.privateKey, nonce, wrapped)) as Channel;
  const frame = await channel.seal('hello');
  expect(await refusal(() => server.open(frame))).toBe('bad_frame');
});

test('a channel secret of another size is refused', async () => {
  const nonce = randomBytes(32);
  const oaepLabel = await sha256(
    concat(label('sotto/1/channel'), fromB64(hello.server), fromB64(hello.nonce), nonce),
  );
  const short = await oaepWrap(serverWrap.publicKey, randomBytes(31), oaepLabel);
  expect(await acceptChannel(helloText, hello, serverWrap.privateKey, nonce, short)).toBeNull();
});

test('login and welcome sign this transcript, each for its own purpose', async () => {
  const { client } = await connect();
  const { transcript } = await connect().then((ends) => ends.client);
  const device = await unsafeSigningPair(3);
  const login = await signLogin(device.privateKey, client.transcript);
  expect(await verifyLogin(device.publicKey, login, client.transcript)).toBe(true);
  expect(await verifyLogin(device.publicKey, login, transcript)).toBe(false);
  expect(await verifyWelcome(device.publicKey, login, client.transcript)).toBe(false);
  const welcome = await signWelcome(serverSign.privateKey, client.transcript);
  expect(await verifyWelcome(serverSign.publicKey, welcome, client.transcript)).toBe(true);
  expect(await verifyWelcome(device.publicKey, welcome, client.transcript)).toBe(false);
});

const ticket: Ticket = { account: 'a', device: 'd', chainSeq: 3, secret: b64(zeros(32)), issuedAt: 1 };

test('a ticket opens under its own key alone, unchanged', async () => {
  const key = await aesKey(randomBytes(32));
  const sealed = await sealTicket(key, randomBytes(12), ticket);
  expect(await openTicket(key, sealed)).toEqual(ticket);
  expect(await openTicket(await aesKey(randomBytes(32)), sealed)).toBeNull();
  for (const at of [0, 12, sealed.length - 1]) {
    const changed = sealed.slice();
    changed[at] = (changed[at] as number) ^ 1;
    expect(await openTicket(key, changed)).toBeNull();
  }
  expect(await openTicket(key, zeros(0))).toBeNull();
  expect(await openTicket(key, zeros(28))).toBeNull();
});

test('a ticket is worth nothing without its secret', async () => {
  const secret = randomBytes(32);
  const sealed = randomBytes(100);
  const { client, server } = await resume(sealed, secret);
  expect(await server.open(await client.seal('back'))).toBe('back');
  expect(client.resumption).not.toEqual(secret);
  const thief = await resume(sealed, secret, randomBytes(32));
  const frame = await thief.client.seal('mine');
  expect(await refusal(() => thief.server.open(frame))).toBe('bad_frame');
});

test('a ticket proof is bound to both nonces and to the ticket', async () => {
  const secret = randomBytes(32);
  const nonce = randomBytes(32);
  const proofs = await Promise.all([
    ticketProof(secret, helloText, nonce, zeros(40)),
    ticketProof(secret, helloText, randomBytes(32), zeros(40)),
    ticketProof(secret, `${helloText} `, nonce, zeros(40)),
    ticketProof(secret, helloText, nonce, zeros(41)),
    ticketProof(randomBytes(32), helloText, nonce, zeros(40)),
  ]);
  expect(new Set(proofs.map(b64)).size).toBe(5);
});

test('two sessions resumed from one ticket share no key', async () => {
  const secret = randomBytes(32);
  const first = await resume(zeros(40), secret);
  const second = await resume(zeros(40), secret);
  const frame = await first.client.seal('x');
  expect(await refusal(() => second.server.open(frame))).toBe('bad_frame');
});
