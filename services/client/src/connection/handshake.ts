/** The client's half of the handshake (design section 5): checks the server, proves the device, resumes by ticket. */
import {
  type Auth,
  type Bytes,
  b64,
  type Channel,
  type Credentials,
  checkMessage,
  equal,
  fromB64,
  type Hello,
  importVerifyKey,
  importWrapKey,
  openChannel,
  PROTOCOL_VERSION,
  randomBytes,
  resumeChannel,
  SottoError,
  serverIdOf,
  signLogin,
  ticketProof,
  verifyWelcome,
  type Welcome,
} from '@sotto/protocol';

/** Who signs in. `chainSeq` is the highest position of the own key chain that this device knows. */
export interface Identity {
  readonly account: Bytes;
  readonly device: Bytes;
  readonly deviceKey: CryptoKey;
  chainSeq(): number;
}

/** What a session leaves behind for the next one. */
export interface ResumptionTicket {
  readonly ticket: Bytes;
  readonly secret: Bytes;
}

/** A server whose signing key is not the one that this client has pinned. */
export class ServerKeyChanged extends Error {
  readonly hello: string;

  constructor(hello: string) {
    super('The server shows another key than the one this device knows.');
    this.name = 'ServerKeyChanged';
    this.hello = hello;
  }
}

export interface Handshake {
  readonly hello: Hello;
  /** The string to send as `auth`. */
  readonly auth: string;
  readonly channel: Channel;
  /** Opens and checks the server's `welcome`. Rejects with `auth_failed` where the server did not prove itself. */
  welcome(frame: Bytes): Promise<Welcome>;
}

function parseHello(text: string): Hello {
  let hello: unknown;
  try {
    hello = JSON.parse(text);
  } catch {
    throw new SottoError('bad_frame', 'hello is not JSON');
  }
  const versions = (hello as Hello | null)?.versions;
  if (Array.isArray(versions) && !versions.includes(PROTOCOL_VERSION)) {
    throw new SottoError(
      'unsupported_version',
      `the server speaks ${versions.join(', ')}, this client ${PROTOCOL_VERSION}`,
    );
  }
  const fault = checkMessage('hello', hello);
  if (fault !== null) throw new SottoError('bad_frame', fault);
  return hello as Hello;
}

/**
 * Answers a hello. `pinned` is the server's signing key (SPKI, base64url) from an earlier meeting, null at the first.
 * `identity` null signs in as nobody; a ticket is used instead of the device key where there is one.
 * Rejects with `ServerKeyChanged`, `unsupported_version` or `bad_frame`.
 */
export async function answerHello(
  helloText: string,
  pinned: string | null,
  identity: Identity | null,
  ticket: ResumptionTicket | null,
): Promise<Handshake> {
  const hello = parseHello(helloText);
  const signSpki = fromB64(hello.signKey);
  if (pinned !== null && pinned !== hello.signKey) throw new ServerKeyChanged(helloText);
  if (!equal(await serverIdOf(signSpki), fromB64(hello.server))) {
    throw new SottoError('auth_failed', 'the server id is not that of its key');
  }
  const nonce = randomBytes(32);
  if (identity !== null && ticket !== null) return resume(hello, helloText, nonce, ticket);
  const [signKey, wrapKey] = await Promise.all([
    importVerifyKey(signSpki),
    importWrapKey(fromB64(hello.wrapKey)),
  ]);
  if (signKey === null || wrapKey === null)
    throw new SottoError('auth_failed', 'the server keys are no RSA keys of 3072 bits');
  const { channel, wrapped } = await openChannel(helloText, hello, wrapKey, randomBytes(32), nonce);
  const sealed = await channel.seal(await credentials(identity, channel.transcript));
  const auth: Auth = {
    version: PROTOCOL_VERSION,
    nonce: b64(nonce),
    wrapped: b64(wrapped),
    sealed: b64(sealed),
  };
  return {
    hello,
    auth: JSON.stringify(auth),
    channel,
    async welcome(frame) {
      const welcome = await openWelcome(channel, frame);
      const signature = fromB64(welcome.signature ?? '');
      if (!(await verifyWelcome(signKey, signature, channel.transcript))) {
        throw new SottoError('auth_failed', 'the server did not sign this handshake');
      }
      return welcome;
    },
  };
}

async function resume(
  hello: Hello,
  helloText: string,
  nonce: Bytes,
  { ticket, secret }: ResumptionTicket,
): Promise<Handshake> {
  const channel = await resumeChannel(secret, helloText, nonce, ticket, 'client');
  const proof = await ticketProof(secret, helloText, nonce, ticket);
  const auth: Auth = { version: PROTOCOL_VERSION, nonce: b64(nonce), ticket: b64(ticket), proof: b64(proof) };
  // Only replicas that hold the ticket key can have the channel's keys: that it opens is the server's proof.
  return { hello, auth: JSON.stringify(auth), channel, welcome: (frame) => openWelcome(channel, frame) };
}

async function credentials(identity: Identity | null, transcript: Bytes): Promise<Credentials> {
  if (identity === null) return { mode: 'anonymous' };
  const signature = b64(await signLogin(identity.deviceKey, transcript));
  const { account, device } = identity;
  return {
    mode: 'device',
    account: b64(account),
    device: b64(device),
    chainSeq: identity.chainSeq(),
    signature,
  };
}

async function openWelcome(channel: Channel, frame: Bytes): Promise<Welcome> {
  const welcome = await channel.open(frame);
  const fault = checkMessage('welcome', welcome);
  if (fault !== null) throw new SottoError('bad_frame', fault);
  return welcome as Welcome;
}
