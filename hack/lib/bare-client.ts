/**
 * A connection that speaks the protocol and does nothing of its own accord: no outbox, no retries, no catching up. For load
 * that was sealed beforehand and for input that no client would send.
 */
import {
  type Ack,
  type Auth,
  type Bytes,
  b64,
  type CallName,
  type Calls,
  type Channel,
  type Credentials,
  decodeEntries,
  type EntryBatch,
  encodeEnvelopes,
  fromB64,
  type Hello,
  importWrapKey,
  isNack,
  type Nack,
  type Notice,
  openChannel,
  own,
  PROTOCOL_VERSION,
  type Reply,
  randomBytes,
  SottoError,
  signLogin,
  type Welcome,
  type WireError,
} from '@sotto/protocol';
import { io, type Socket } from 'socket.io-client';
import type { BareAccount } from './bare-account.ts';

/** Whose device signs in, and with which key. */
type Identity = Pick<BareAccount, 'account' | 'device' | 'deviceKey' | 'chain'>;

export interface BareClient {
  readonly socket: Socket;
  readonly welcome: Welcome;
  /** Rejects with the `SottoError` that the server answered. */
  call<N extends CallName>(name: N, args: Calls[N]['ask']): Promise<Calls[N]['answer']>;
  /** One envelope, alone in its packet; resolves with what the server says of it. */
  send(envelope: Bytes): Promise<Ack | Nack>;
  /** Called for every batch of entries. */
  onEntries(listener: (batch: EntryBatch) => void): void;
  close(): void;
}

const idOf = (envelope: Bytes): string => b64(envelope.slice(88, 104));

const next = <T>(socket: Socket, event: string): Promise<T> =>
  new Promise((resolve, reject) => {
    socket.once(event, resolve);
    socket.once('refused', (text: string) => reject(SottoError.fromWire(JSON.parse(text) as WireError)));
    socket.once('connect_error', reject);
    socket.once('disconnect', (reason) => reject(new Error(`disconnected: ${reason}`)));
  });

/** `account` null signs in as nobody (`mode: anonymous`). */
export async function bareClient(url: string, account: Identity | null): Promise<BareClient> {
  const socket = io(url, { transports: ['websocket'], reconnection: false, forceNew: true });
  const helloText = await next<string>(socket, 'hello');
  const hello = JSON.parse(helloText) as Hello;
  const wrapKey = await importWrapKey(fromB64(hello.wrapKey));
  if (wrapKey === null) throw new Error('the server has no usable key');
  const nonce = randomBytes(32);
  const { channel, wrapped } = await openChannel(helloText, hello, wrapKey, randomBytes(32), nonce);
  const sealed = await channel.seal(await credentials(account, channel));
  const auth: Auth = {
    version: PROTOCOL_VERSION,
    nonce: b64(nonce),
    wrapped: b64(wrapped),
    sealed: b64(sealed),
  };
  socket.emit('auth', JSON.stringify(auth));
  const welcome = (await channel.open(own(await next<Uint8Array>(socket, 'welcome')))) as Welcome;
  return session(socket, channel, welcome);
}

async function credentials(account: Identity | null, channel: Channel): Promise<Credentials> {
  if (account === null) return { mode: 'anonymous' };
  return {
    mode: 'device',
    account: b64(account.account),
    device: b64(account.device),
    chainSeq: account.chain.seq,
    signature: b64(await signLogin(account.deviceKey, channel.transcript)),
  };
}

interface Waiter<T> {
  resolve(value: T): void;
  reject(error: Error): void;
}

function session(socket: Socket, channel: Channel, welcome: Welcome): BareClient {
  const calls = new Map<number, Waiter<never>>();
  const sends = new Map<string, Waiter<Ack | Nack>>();
  let lastCall = 0;
  // Sealing is asynchronous and the nonce is a counter: results go out and come in in the order of the calls.
  let outgoing: Promise<unknown> = Promise.resolve();
  let incoming: Promise<unknown> = Promise.resolve();

  const take = (frame: unknown): void => {
    const message = frame as Reply | Notice;
    if ('id' in message) {
      const waiter = calls.get(message.id);
      calls.delete(message.id);
      if ('error' in message) waiter?.reject(SottoError.fromWire(message.error));
      else waiter?.resolve(message.ok as never);
    } else if (message.notice === 'acks') {
      for (const item of message.acks) {
        // A refusal without an id is of an envelope that could not be parsed: the oldest that waits.
        const id = item.id ?? (isNack(item) ? sends.keys().next().value : undefined);
        if (id === undefined) continue;
        sends.get(id)?.resolve(item);
        sends.delete(id);
      }
    }
  };
  socket.on('frame', (bytes: Uint8Array) => {
    const opened = channel.open(own(bytes));
    incoming = incoming.then(() => opened).then(take, (error: Error) => fail(error));
  });
  const fail = (error: Error): void => {
    for (const waiter of [...calls.values(), ...sends.values()]) waiter.reject(error);
    calls.clear();
    sends.clear();
  };
  socket.on('disconnect', (reason) => fail(new Error(`disconnected: ${reason}`)));

  return {
    socket,
    welcome,
    call(name, args) {
      const id = ++lastCall;
      const sealed = channel.seal({ id, call: name, args });
      outgoing = outgoing.then(() => sealed).then((bytes) => socket.emit('frame', bytes));
      return new Promise((resolve, reject) => calls.set(id, { resolve, reject } as Waiter<never>));
    },
    send(envelope) {
      const answer = new Promise<Ack | Nack>((resolve, reject) =>
        sends.set(idOf(envelope), { resolve, reject }),
      );
      socket.emit('send', encodeEnvelopes([envelope]));
      return answer;
    },
    onEntries(listener) {
      socket.on('entries', (bytes: Uint8Array) => listener(decodeEntries(bytes)));
    },
    close() {
      socket.disconnect();
    },
  };
}

/** Creates the account on the server and signs in with its device. */
export async function signUpBare(url: string, account: BareAccount): Promise<BareClient> {
  const anonymous = await bareClient(url, null);
  await anonymous.call('account.create', account.creation);
  anonymous.close();
  return bareClient(url, account);
}
