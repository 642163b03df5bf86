/** The least that speaks the protocol: it does nothing of its own accord, so that a test says what goes over the wire. */
import {
  type Ack,
  type Auth,
  type Bytes,
  b64,
  type CallName,
  type Calls,
  type Channel,
  type Credentials,
  checkAnswer,
  checkMessage,
  decodeEntries,
  type EntryBatch,
  encodeEnvelopes,
  fromB64,
  type Hello,
  importVerifyKey,
  importWrapKey,
  type Nack,
  type Notice,
  openChannel,
  own,
  PROTOCOL_VERSION,
  type Reply,
  randomBytes,
  resumeChannel,
  SottoError,
  signLogin,
  ticketProof,
  verifyWelcome,
  type Welcome,
  type WireError,
} from '@sotto/protocol';
import { io, type Socket } from 'socket.io-client';
import type { Person } from './people.ts';

export interface Ticket {
  readonly ticket: string;
  readonly secret: Bytes;
}

/** A connection that has its hello, and no more. */
export class Greeted {
  readonly socket: Socket;
  readonly helloText: string;
  readonly hello: Hello;
  readonly refusals: WireError[] = [];
  /** Socket.IO's reason. */
  readonly ended: Promise<string>;

  private constructor(socket: Socket, helloText: string) {
    this.socket = socket;
    this.helloText = helloText;
    this.hello = JSON.parse(helloText) as Hello;
    socket.on('refused', (text: string) => {
      const error = JSON.parse(text) as WireError;
      if (checkMessage('refused', error) !== null) throw new Error('a refusal of another shape');
      this.refusals.push(error);
    });
    this.ended = new Promise((resolve) => {
      socket.once('disconnect', resolve);
    });
  }

  static async connect(url: string, transport: 'websocket' | 'polling' = 'websocket'): Promise<Greeted> {
    const socket = io(url, { transports: [transport], reconnection: false, forceNew: true });
    const text = await new Promise<string>((resolve, reject) => {
      socket.once('hello', resolve);
      socket.once('connect_error', reject);
    });
    return new Greeted(socket, text);
  }

  /** The `auth` message for a channel of its own, and that channel. */
  async auth(
    who: Person | null,
    change: Partial<Credentials> = {},
  ): Promise<{ auth: Auth; channel: Channel }> {
    const wrapKey = await importWrapKey(fromB64(this.hello.wrapKey));
    if (wrapKey === null) throw new Error('the server has no usable key');
    const nonce = randomBytes(32);
    const secret = randomBytes(32);
    const { channel, wrapped } = await openChannel(this.helloText, this.hello, wrapKey, secret, nonce);
    const credentials =
      who === null
        ? { mode: 'anonymous' }
        : {
            mode: 'device',
            account: b64(who.account),
            device: b64(who.device),
            chainSeq: who.chain.seq,
            signature: b64(await signLogin(who.deviceKey, channel.transcript)),
          };
    const sealed = await channel.seal({ ...credentials, ...change });
    const auth = { version: PROTOCOL_VERSION, nonce: b64(nonce), wrapped: b64(wrapped), sealed: b64(sealed) };
    return { auth, channel };
  }

  async resumption({ ticket, secret }: Ticket): Promise<{ auth: Auth; channel: Channel }> {
    const nonce = randomBytes(32);
    const sealed = fromB64(ticket);
    const proof = b64(await ticketProof(secret, this.helloText, nonce, sealed));
    const channel = await resumeChannel(secret, this.helloText, nonce, sealed, 'client');
    return { auth: { version: PROTOCOL_VERSION, nonce: b64(nonce), ticket, proof }, channel };
  }

  /** Resolves with the welcome, rejects with the refusal. */
  async welcome(auth: Auth, channel: Channel): Promise<RawClient> {
    const frame = await new Promise<Uint8Array>((resolve, reject) => {
      this.socket.once('welcome', resolve);
      this.socket.once('refused', (text: string) =>
        reject(SottoError.fromWire(JSON.parse(text) as WireError)),
      );
      this.socket.once('disconnect', (reason) => reject(new Error(`disconnected: ${reason}`)));
      this.socket.emit('auth', JSON.stringify(auth));
    });
    const client = new RawClient(this, channel);
    const welcome = (await channel.open(own(frame))) as Welcome;
    const fault = checkMessage('welcome', welcome);
    if (fault !== null) throw new Error(fault);
    if (welcome.signature !== undefined) {
      const key = await importVerifyKey(fromB64(this.hello.signKey));
      const valid =
        key !== null && (await verifyWelcome(key, fromB64(welcome.signature), channel.transcript));
      if (!valid) throw new Error('the welcome is not signed by this server');
    }
    client.welcome = welcome;
    return client;
  }
}

interface Waiter {
  resolve(value: never): void;
  reject(error: Error): void;
}

export class RawClient {
  readonly socket: Socket;
  readonly greeted: Greeted;
  readonly channel: Channel;
  welcome!: Welcome;
  readonly notices: Notice[] = [];
  readonly batches: EntryBatch[] = [];
  /** Names of the events in the order of their arrival. */
  readonly order: string[] = [];
  readonly #calls = new Map<number, Waiter>();
  readonly #watchers = new Set<() => void>();
  #lastCall = 0;
  /** Disconnected, and everything from before it was looked at. */
  #gone = false;
  #out: Promise<unknown> = Promise.resolve();
  #in: Promise<unknown> = Promise.resolve();

  constructor(greeted: Greeted, channel: Channel) {
    this.greeted = greeted;
    this.socket = greeted.socket;
    this.channel = channel;
    this.socket.on('frame', (bytes: Uint8Array) => {
      const opened = channel.open(own(bytes));
      this.#inOrder(async () => this.#take((await opened) as Reply | Notice));
    });
    this.socket.on('entries', (bytes: Uint8Array) =>
      this.#inOrder(() => {
        this.order.push('entries');
        this.batches.push(decodeEntries(bytes));
      }),
    );
    this.socket.on('refused', () => this.#inOrder(() => undefined));
    this.socket.on('disconnect', (reason) =>
      this.#inOrder(() => {
        for (const { reject } of this.#calls.values()) reject(new Error(`disconnected: ${reason}`));
        this.#calls.clear();
        this.#gone = true;
      }),
    );
  }

  /** Opening a frame takes a moment; what arrived after it is looked at after it. */
  #inOrder(step: () => void | Promise<void>): void {
    this.#in = this.#in.then(step).then(() => {
      for (const watcher of [...this.#watchers]) watcher();
    });
  }

  #take(message: Reply | Notice): void {
    if ('notice' in message) {
      const fault = checkMessage('notice', message);
      if (fault !== null) throw new Error(fault);
      this.order.push(message.notice);
      this.notices.push(message);
    } else {
      const waiter = this.#calls.get(message.id);
      this.#calls.delete(message.id);
      if ('error' in message) waiter?.reject(SottoError.fromWire(message.error));
      else waiter?.resolve(message.ok as never);
    }
  }

  async call<N extends CallName>(call: N, args: Calls[N]['ask']): Promise<Calls[N]['answer']> {
    const answer = await this.rawCall<Calls[N]['answer']>({ id: ++this.#lastCall, call, args });
    const fault = checkAnswer(call, answer);
    if (fault !== null) throw new Error(`${call}: ${fault}`);
    return answer;
  }

  /** Any value with a number in a sealed frame. */
  rawCall<T>(value: { id: number } & Record<string, unknown>): Promise<T> {
    this.#lastCall = Math.max(this.#lastCall, value.id);
    return new Promise<T>((resolve, reject) => {
      this.#calls.set(value.id, { resolve, reject });
      this.rawFrame(value);
    });
  }

  rawFrame(value: unknown): void {
    const sealed = this.channel.seal(value);
    this.#out = this.#out.then(() => sealed).then((bytes) => this.socket.emit('frame', bytes));
  }

  /** What the server says to these envelopes: in their order where it names them, those it could not read last. */
  async send(...envelopes: Bytes[]): Promise<(Ack | Nack)[]> {
    const before = this.answers().length;
    this.socket.emit('send', encodeEnvelopes(envelopes));
    await this.until(() => this.answers().length >= before + envelopes.length);
    const ids = envelopes.map((e) => b64(e.slice(88, 104)));
    const place = (item: Ack | Nack) => (item.id === undefined ? envelopes.length : ids.indexOf(item.id));
    return this.answers()
      .slice(before)
      .sort((a, b) => place(a) - place(b));
  }

  answers(): (Ack | Nack)[] {
    return this.notices.flatMap((n) => (n.notice === 'acks' ? n.acks : []));
  }

  /** Notices of one kind so far. */
  noticed<K extends Notice['notice']>(kind: K): Extract<Notice, { notice: K }>[] {
    return this.notices.filter((n): n is Extract<Notice, { notice: K }> => n.notice === kind);
  }

  /** Live entries of a room so far, by sequence: the length of each (32: a digest). */
  live(room: Bytes): Map<number, Bytes> {
    const out = new Map<number, Bytes>();
    for (const batch of this.batches) {
      if (batch.request !== 0 || b64(batch.room) !== b64(room)) continue;
      for (const [i, entry] of batch.entries.entries()) out.set(batch.from + i, entry.bytes);
    }
    return out;
  }

  /** Resolves when something arrived after which `holds` is true. */
  until(holds: () => boolean): Promise<void> {
    if (holds()) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const watcher = (): void => {
        if (holds()) resolve();
        else if (!this.#gone) return;
        else reject(new Error('disconnected while waiting'));
        this.#watchers.delete(watcher);
      };
      this.#watchers.add(watcher);
    });
  }

  ticket(): Ticket {
    if (this.welcome.ticket === undefined) throw new Error('no ticket');
    return { ticket: this.welcome.ticket, secret: this.channel.resumption };
  }

  close(): void {
    this.socket.disconnect();
  }
}

/** Connects and signs in; `who` null: as nobody. */
export async function signIn(url: string, who: Person | null): Promise<RawClient> {
  const greeted = await Greeted.connect(url);
  const { auth, channel } = await greeted.auth(who);
  return greeted.welcome(auth, channel);
}

/** Makes the account and signs in with its device. */
export async function signUp(url: string, who: Person): Promise<RawClient> {
  const nobody = await signIn(url, null);
  await nobody.call('account.create', who.creation);
  nobody.close();
  return signIn(url, who);
}
