/** The project's own vectors of the channel, of backup and of what people read, from the files alone. */
import { expect, test } from 'vitest';
import {
  type BackupMethod,
  backupKeys,
  entropyOf,
  isDowngraded,
  openItem,
  unwrapBackupKey,
} from '../src/backup.ts';
import { type Bytes, b64, fromB64, zeros } from '../src/bytes.ts';
import {
  acceptChannel,
  Channel,
  type Hello,
  openTicket,
  resumeChannel,
  ticketProof,
  verifyLogin,
  verifyWelcome,
} from '../src/channel.ts';
import { aesKey, importUnwrapKey, importVerifyKey } from '../src/crypto.ts';
import { decodePayload } from '../src/payload.ts';
import { groupDigits, roomCode, safetyNumber } from '../src/safety.ts';
import { checkMessage } from '../src/schemas.ts';
import backup from './backup.json' with { type: 'json' };
import channel from './channel.json' with { type: 'json' };
import keys from './keys.json' with { type: 'json' };
import payload from './payload.json' with { type: 'json' };
import safety from './safety.json' with { type: 'json' };

const verifyKey = async (spki: string): Promise<CryptoKey> =>
  (await importVerifyKey(fromB64(spki))) as CryptoKey;

test('safety number and room code', async () => {
  const [one, other] = safety.fingerprints.map(fromB64) as [Bytes, Bytes];
  expect(await safetyNumber(one, other)).toBe(safety.safetyNumber);
  expect(groupDigits(safety.safetyNumber)).toBe(safety.shown);
  const { room, epoch, commitHash, membership: members, code } = safety.roomCode;
  expect(await roomCode(fromB64(room), epoch, fromB64(commitHash), fromB64(members))).toBe(code);
});

async function framesOpen(
  ends: { client: Channel; server: Channel },
  frames: typeof channel.frames | typeof channel.resumed.frames,
): Promise<void> {
  for (const { value, frame } of frames.client) expect(await ends.server.open(fromB64(frame))).toEqual(value);
  for (const { value, frame } of frames.server) expect(await ends.client.open(fromB64(frame))).toEqual(value);
}

test('channel', async () => {
  const hello = JSON.parse(channel.hello) as Hello;
  expect(checkMessage('hello', hello)).toBeNull();
  const key = await importUnwrapKey(fromB64(keys.server.wrapKey.pkcs8), false);
  const [nonce, wrapped] = [fromB64(channel.clientNonce), fromB64(channel.wrapped)];
  const server = (await acceptChannel(channel.hello, hello, key, nonce, wrapped)) as Channel;
  const client = await Channel.derive(fromB64(channel.secret), server.transcript, 'client');
  expect(b64(server.transcript)).toBe(channel.transcript);
  expect(b64(server.resumption)).toBe(channel.keys.resumption);
  await framesOpen({ client, server }, channel.frames);
  const device = await verifyKey(keys.people.ada.deviceKey.spki);
  expect(await verifyLogin(device, fromB64(channel.login), server.transcript)).toBe(true);
  expect(
    await verifyWelcome(await verifyKey(hello.signKey), fromB64(channel.welcome), server.transcript),
  ).toBe(true);
});

test('ticket and resumed channel', async () => {
  const { resumed } = channel;
  const [ticket, nonce] = [fromB64(resumed.ticket), fromB64(resumed.clientNonce)];
  const content = await openTicket(await aesKey(fromB64(resumed.ticketKey)), ticket);
  expect(content).toEqual(resumed.ticketContent);
  const secret = fromB64(resumed.ticketContent.secret);
  expect(b64(await ticketProof(secret, channel.hello, nonce, ticket))).toBe(resumed.proof);
  const client = await resumeChannel(secret, channel.hello, nonce, ticket, 'client');
  const server = await resumeChannel(secret, channel.hello, nonce, ticket, 'server');
  expect(b64(client.transcript)).toBe(resumed.transcript);
  expect(b64(client.resumption)).toBe(resumed.keys.resumption);
  await framesOpen({ client, server }, resumed.frames);
});

test('backup', async () => {
  const account = fromB64(backup.account);
  expect(b64(entropyOf(backup.ways[0]?.words ?? '') ?? zeros(0))).toBe(backup.entropy);
  for (const way of backup.ways) {
    const derived = await backupKeys(way.method as BackupMethod, way.words);
    expect([b64(derived.auth), b64(derived.wrap)]).toEqual([way.auth, way.wrap]);
    const backupKey = await unwrapBackupKey(derived.wrap, account, fromB64(way.wrapped));
    expect(b64(backupKey ?? zeros(0))).toBe(backup.backupKey);
  }
  const key = await aesKey(fromB64(backup.backupKey));
  const item = await openItem(key, account, backup.item.name, fromB64(backup.item.sealed));
  expect(b64(item ?? zeros(0))).toBe(backup.item.plaintext);
  for (const method of backup.refusedMethods) expect(isDowngraded(method as BackupMethod)).toBe(true);
}, 60_000);

test('payloads', () => {
  for (const { value, bytes } of payload.good) expect(decodePayload(fromB64(bytes))).toEqual(value);
  for (const { bytes } of payload.bad) expect(decodePayload(fromB64(bytes))).toBeNull();
});
