/**
 * The sealed channel between a client and a replica (design section 5). hello and auth travel as JSON strings and
 * are hashed verbatim. All that follows is AES-256-GCM frames, one key per direction, nonce = a counter.
 */
import { type Bytes, concat, fromB64, label, u64, utf8, utf8Decode, zeros } from './bytes.ts';
import {
  aesKey,
  aesOpen,
  aesSeal,
  hkdf,
  hmac,
  oaepUnwrap,
  oaepWrap,
  sha256,
  sign,
  verify,
} from './crypto.ts';
import { SottoError } from './errors.ts';

export const PROTOCOL_VERSION = 1;

/** The server's first word. */
export interface Hello {
  versions: number[];
  /** First 16 bytes of SHA-256("sotto/1/server" || 0x00 || signing key SPKI), base64url. */
  server: string;
  signKey: string;
  wrapKey: string;
  /** 32 bytes, fresh for each connection. */
  nonce: string;
  time: number;
  generation: string;
}

/** The client's answer: with a channel secret wrapped to the server, or with a ticket of an earlier session. */
export type Auth =
  | { version: number; nonce: string; wrapped: string; sealed: string }
  | { version: number; nonce: string; ticket: string; proof: string };

/** What `sealed` holds: the first frame of the client's direction. */
export type Credentials =
  | { mode: 'anonymous' }
  /** `chainSeq`: the highest position of the own key chain that the device knows. */
  | { mode: 'device'; account: string; device: string; chainSeq: number; signature: string };

export const serverIdOf = async (signKeySpki: Bytes): Promise<Bytes> =>
  (await sha256(concat(label('sotto/1/server'), signKeySpki))).slice(0, 16);

/** One direction of a channel: frames must be sealed and opened in the order in which they travel. */
class Direction {
  readonly #key: CryptoKey;
  #counter = 0;

  constructor(key: CryptoKey) {
    this.#key = key;
  }

  #nonce(): Bytes {
    return concat(zeros(4), u64(this.#counter++));
  }

  seal(plaintext: Bytes): Promise<Bytes> {
    return aesSeal(this.#key, this.#nonce(), FRAME_AAD, plaintext);
  }

  open(frame: Bytes): Promise<Bytes | null> {
    return aesOpen(this.#key, this.#nonce(), FRAME_AAD, frame);
  }
}

const FRAME_AAD = label('sotto/1/frame');

/**
 * A channel seen from one end. Counters are taken when a call is made; the caller puts results on the wire in
 * the order of its calls.
 */
export class Channel {
  readonly #out: Direction;
  readonly #in: Direction;
  /** Hash of the whole handshake; what both ends sign. */
  readonly transcript: Bytes;
  /** The next session's secret, which a ticket carries. */
  readonly resumption: Bytes;

  private constructor(out: Direction, inn: Direction, transcript: Bytes, resumption: Bytes) {
    this.#out = out;
    this.#in = inn;
    this.transcript = transcript;
    this.resumption = resumption;
  }

  /** Frame keys: HKDF(secret, salt = transcript, "sotto/1/frames/" + direction || 0x00, 32). */
  static async derive(secret: Bytes, transcript: Bytes, end: 'client' | 'server'): Promise<Channel> {
    const [client, server, resumption] = await Promise.all([
      hkdf(secret, transcript, label('sotto/1/frames/client'), 32).then(aesKey),
      hkdf(secret, transcript, label('sotto/1/frames/server'), 32).then(aesKey),
      hkdf(secret, transcript, label('sotto/1/resume'), 32),
    ]);
    const [mine, theirs] = end === 'client' ? [client, server] : [server, client];
    return new Channel(new Direction(mine), new Direction(theirs), transcript, resumption);
  }

  seal(value: unknown): Promise<Bytes> {
    return this.#out.seal(utf8(JSON.stringify(value)));
  }

  /** The JSON value of a frame. Throws `bad_frame` where it is not the next one of this channel. */
  async open(frame: Bytes): Promise<unknown> {
    const plaintext = await this.#in.open(frame);
    if (plaintext === null) throw new SottoError('bad_frame');
    try {
      return JSON.parse(utf8Decode(plaintext));
    } catch {
      throw new SottoError('bad_frame', 'not JSON');
    }
  }
}

const CHANNEL = label('sotto/1/channel');
const TRANSCRIPT = label('sotto/1/transcript');
const RESUMED = label('sotto/1/resumed');

const channelLabel = (hello: Hello, clientNonce: Bytes): Promise<Bytes> =>
  sha256(concat(CHANNEL, fromB64(hello.server), fromB64(hello.nonce), clientNonce));

const transcriptOf = async (helloText: string, clientNonce: Bytes, wrapped: Bytes): Promise<Bytes> =>
  sha256(concat(TRANSCRIPT, await sha256(utf8(helloText)), clientNonce, wrapped));

const resumedTranscript = async (helloText: string, clientNonce: Bytes, ticket: Bytes): Promise<Bytes> =>
  sha256(concat(RESUMED, await sha256(utf8(helloText)), clientNonce, ticket));

/** Client: wraps `secret` (32 fresh bytes) to the server. `clientNonce`: 32 fresh bytes. */
export async function openChannel(
  helloText: string,
  hello: Hello,
  serverWrapKey: CryptoKey,
  secret: Bytes,
  clientNonce: Bytes,
): Promise<{ channel: Channel; wrapped: Bytes }> {
  const wrapped = await oaepWrap(serverWrapKey, secret, await channelLabel(hello, clientNonce));
  const transcript = await transcriptOf(helloText, clientNonce, wrapped);
  return { channel: await Channel.derive(secret, transcript, 'client'), wrapped };
}

/** Server: the channel behind a wrapped secret; null where it was not wrapped to this key for this hello. */
export async function acceptChannel(
  helloText: string,
  hello: Hello,
  serverPrivateKey: CryptoKey,
  clientNonce: Bytes,
  wrapped: Bytes,
): Promise<Channel | null> {
  const secret = await oaepUnwrap(serverPrivateKey, wrapped, await channelLabel(hello, clientNonce));
  if (secret === null || secret.length !== 32) return null;
  return Channel.derive(secret, await transcriptOf(helloText, clientNonce, wrapped), 'server');
}

const LOGIN = label('sotto/1/login');
const WELCOME = label('sotto/1/welcome');

/** The transcript covers both nonces, the server id and the wrapped secret. */
export const signLogin = (deviceKey: CryptoKey, transcript: Bytes): Promise<Bytes> =>
  sign(deviceKey, concat(LOGIN, transcript));
export const verifyLogin = (deviceKey: CryptoKey, signature: Bytes, transcript: Bytes): Promise<boolean> =>
  verify(deviceKey, signature, concat(LOGIN, transcript));
export const signWelcome = (serverKey: CryptoKey, transcript: Bytes): Promise<Bytes> =>
  sign(serverKey, concat(WELCOME, transcript));
export const verifyWelcome = (serverKey: CryptoKey, signature: Bytes, transcript: Bytes): Promise<boolean> =>
  verify(serverKey, signature, concat(WELCOME, transcript));

/** The identity and secret that a ticket carries between sessions. */
export interface Ticket {
  account: string;
  device: string;
  /** Position of the account's key chain: any change of it voids the ticket. */
  chainSeq: number;
  secret: string;
  issuedAt: number;
}

const TICKET_AAD = label('sotto/1/ticket');

/** Server: seals a ticket under the replicas' common ticket key. nonce || AES-256-GCM. */
export async function sealTicket(ticketKey: CryptoKey, nonce: Bytes, ticket: Ticket): Promise<Bytes> {
  return concat(nonce, await aesSeal(ticketKey, nonce, TICKET_AAD, utf8(JSON.stringify(ticket))));
}

/** Server: what a ticket holds; null where it was not sealed under this key. Age is the caller's to check. */
export async function openTicket(ticketKey: CryptoKey, sealed: Bytes): Promise<Ticket | null> {
  const opened = await aesOpen(ticketKey, sealed.slice(0, 12), TICKET_AAD, sealed.slice(12));
  return opened === null ? null : (JSON.parse(utf8Decode(opened)) as Ticket);
}

/** HMAC by which a client proves that it holds a ticket's secret, bound to both fresh nonces. */
export const ticketProof = async (
  secret: Bytes,
  helloText: string,
  clientNonce: Bytes,
  ticket: Bytes,
): Promise<Bytes> => hmac(secret, await resumedTranscript(helloText, clientNonce, ticket));

/** Either end: the channel of a resumed session. */
export const resumeChannel = async (
  secret: Bytes,
  helloText: string,
  clientNonce: Bytes,
  ticket: Bytes,
  end: 'client' | 'server',
): Promise<Channel> => Channel.derive(secret, await resumedTranscript(helloText, clientNonce, ticket), end);
