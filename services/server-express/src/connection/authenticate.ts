/**
 * The server's side of the handshake (design section 5): from an `auth` message to a channel and an identity. Everything that
 * is wrong is thrown as a refusal of the table.
 */

import type { Store } from '@sotto/log';
import {
  type Auth,
  acceptChannel,
  type Bytes,
  b64,
  type Channel,
  type Credentials,
  checkMessage,
  equal,
  fromB64,
  type Hello,
  importVerifyKey,
  PROTOCOL_VERSION,
  randomBytes,
  resumeChannel,
  SottoError,
  ticketProof,
  verifyLogin,
} from '@sotto/protocol';
import type { ServerKeys } from '../keys/server-keys.ts';
import type { Identity } from './session.ts';
import { redeemTicket } from './tickets.ts';

export interface AuthParts {
  readonly store: Store;
  readonly keys: ServerKeys;
}

export interface Authenticated {
  readonly channel: Channel;
  readonly identity: Identity | null;
  /** Position of the account's key chain; 0 for anonymous sessions. */
  readonly chainSeq: number;
  readonly resumed: boolean;
}

/** The server's first word, the same object that its client hashes as text. */
export const helloOf = ({ store, keys }: AuthParts, now: number): Hello => ({
  versions: [PROTOCOL_VERSION],
  server: b64(keys.server),
  signKey: b64(keys.signSpki),
  wrapKey: b64(keys.wrapSpki),
  nonce: b64(randomBytes(32)),
  time: now,
  generation: store.generation,
});

/** Throws `unsupported_version`, which names the versions, before anything else of a newer form is looked at. */
function parseAuth(text: string, hello: Hello): Auth {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new SottoError('bad_request', 'auth is not JSON');
  }
  const version = (value as { version?: unknown } | null)?.version;
  if (Number.isSafeInteger(version) && !hello.versions.includes(version as number)) {
    const spoken = hello.versions.join(', ');
    throw new SottoError('unsupported_version', `you asked for ${version}, this server speaks ${spoken}`);
  }
  const fault = checkMessage('auth', value);
  if (fault !== null) throw new SottoError('bad_request', fault);
  return value as Auth;
}

export async function authenticate(
  parts: AuthParts,
  helloText: string,
  hello: Hello,
  authText: unknown,
  now: number,
): Promise<Authenticated> {
  if (typeof authText !== 'string') throw new SottoError('bad_request', 'auth is no text');
  const auth = parseAuth(authText, hello);
  return 'ticket' in auth ? resume(parts, helloText, auth, now) : signIn(parts, helloText, hello, auth);
}

async function signIn(
  { store, keys }: AuthParts,
  helloText: string,
  hello: Hello,
  auth: Extract<Auth, { wrapped: string }>,
): Promise<Authenticated> {
  const wrapped = fromB64(auth.wrapped);
  const channel = await acceptChannel(helloText, hello, keys.unwrapKey, fromB64(auth.nonce), wrapped);
  if (channel === null)
    throw new SottoError('auth_failed', 'the channel secret was not wrapped to this server');
  const credentials = await channel.open(fromB64(auth.sealed));
  const fault = checkMessage('credentials', credentials);
  if (fault !== null) throw new SottoError('bad_request', fault);
  const who = credentials as Credentials;
  if (who.mode === 'anonymous') return { channel, identity: null, chainSeq: 0, resumed: false };
  const account = fromB64(who.account);
  const device = fromB64(who.device);
  const [[stored], found] = await Promise.all([store.accounts([account]), store.device(account, device)]);
  if (stored === null || stored === undefined) throw new SottoError('unknown_account');
  if (found === null) throw new SottoError('unknown_device');
  if (!found.live) throw new SottoError('device_revoked');
  const deviceKey = await verifyKey(found.spki);
  if (!(await verifyLogin(deviceKey, fromB64(who.signature), channel.transcript))) {
    throw new SottoError('auth_failed');
  }
  return { channel, identity: { account, device, deviceKey }, chainSeq: stored.chainSeq, resumed: false };
}

async function resume(
  { store, keys }: AuthParts,
  helloText: string,
  auth: Extract<Auth, { ticket: string }>,
  now: number,
): Promise<Authenticated> {
  const ticket = fromB64(auth.ticket);
  const nonce = fromB64(auth.nonce);
  const holder = await redeemTicket(keys.ticketKey, store, ticket, now);
  if (!equal(await ticketProof(holder.secret, helloText, nonce, ticket), fromB64(auth.proof))) {
    throw new SottoError('ticket_invalid', 'the proof does not match');
  }
  const channel = await resumeChannel(holder.secret, helloText, nonce, ticket, 'server');
  const { account, device, chainSeq } = holder;
  const identity = { account, device, deviceKey: await verifyKey(holder.spki) };
  return { channel, identity, chainSeq, resumed: true };
}

/** A stored device key was checked when its statement was admitted. */
async function verifyKey(spki: Bytes): Promise<CryptoKey> {
  const key = await importVerifyKey(spki);
  if (key === null) throw new Error('a stored device key cannot be used');
  return key;
}
