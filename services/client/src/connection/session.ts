/** What happens on a channel once both ends have proved themselves: calls, sends, notices, entries. */
import {
  type Bytes,
  type CallName,
  type Calls,
  type Channel,
  checkAnswer,
  checkMessage,
  decodeEntries,
  type EntryBatch,
  encodeEnvelopes,
  LIMITS,
  type Notice,
  own,
  type Reply,
  SottoError,
} from '@sotto/protocol';

/** The socket as a session needs it; `connection.ts` gives Socket.IO's. */
export interface FrameSocket {
  emit(event: 'frame' | 'send', bytes: Bytes): void;
  /** Ends the connection; the session's owner hears of it as of any other loss. */
  drop(): void;
}

interface Waiting {
  readonly name: CallName;
  readonly timer: ReturnType<typeof setTimeout>;
  resolve(answer: unknown): void;
  reject(error: SottoError): void;
}

export class Session {
  readonly #socket: FrameSocket;
  readonly #channel: Channel;
  readonly #onNotice: (notice: Notice) => void;
  readonly #onEntries: (batch: EntryBatch) => void;
  readonly #calls = new Map<number, Waiting>();
  readonly #reads = new Map<number, EntryBatch>();
  // Sealing is asynchronous and the nonce is a counter: frames go out and are taken in in the order of the calls.
  #outgoing: Promise<unknown> = Promise.resolve();
  #incoming: Promise<unknown> = Promise.resolve();
  #lastCall = 0;
  #ended: SottoError | null = null;

  constructor(
    socket: FrameSocket,
    channel: Channel,
    onNotice: (notice: Notice) => void,
    onEntries: (batch: EntryBatch) => void,
  ) {
    this.#socket = socket;
    this.#channel = channel;
    this.#onNotice = onNotice;
    this.#onEntries = onEntries;
  }

  /** Rejects with the server's refusal, with `timeout`, or with `no_connection` where the connection ended first. */
  call<N extends CallName>(name: N, args: Calls[N]['ask']): Promise<Calls[N]['answer']> {
    return this.#request(name, args, ++this.#lastCall) as Promise<Calls[N]['answer']>;
  }

  /** `read` or `invite.read`: the entries and the head. */
  async read<N extends 'read' | 'invite.read'>(
    name: N,
    args: Calls[N]['ask'],
  ): Promise<{ batch: EntryBatch | null; head: number; chain: string }> {
    const id = ++this.#lastCall;
    try {
      const { head, chain } = (await this.#request(name, args, id)) as Calls['read']['answer'];
      return { batch: this.#reads.get(id) ?? null, head, chain };
    } finally {
      this.#reads.delete(id);
    }
  }

  /** Hands envelopes to the server; acks and refusals come as notices. */
  send(envelopes: readonly Bytes[]): void {
    if (this.#ended === null) this.#socket.emit('send', encodeEnvelopes(envelopes));
  }

  #request(name: CallName, args: unknown, id: number): Promise<unknown> {
    if (this.#ended !== null) return Promise.reject(this.#ended);
    const sealed = this.#channel.seal({ id, call: name, args });
    this.#outgoing = this.#outgoing.then(() => sealed).then((bytes) => this.#socket.emit('frame', bytes));
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#calls.delete(id);
        reject(new SottoError('timeout', name));
      }, LIMITS.callTimeoutMs);
      this.#calls.set(id, { name, timer, resolve, reject });
    });
  }

  /** A frame from the socket. One that is not the channel's next ends the connection: nothing after it can be trusted. */
  takeFrame(frame: Uint8Array): void {
    const opened = this.#channel.open(own(frame));
    this.#incoming = this.#incoming
      .then(() => opened)
      .then((value) => this.#take(value as Reply | Notice))
      .catch(() => this.#socket.drop());
  }

  #take(message: Reply | Notice): void {
    if ('notice' in message) {
      const fault = checkMessage('notice', message);
      if (fault !== null) throw new SottoError('bad_frame', fault);
      this.#onNotice(message);
      return;
    }
    const waiting = this.#calls.get(message.id);
    if (waiting === undefined) return;
    this.#calls.delete(message.id);
    clearTimeout(waiting.timer);
    if ('error' in message) {
      waiting.reject(SottoError.fromWire(message.error));
      return;
    }
    const fault = checkAnswer(waiting.name, message.ok);
    if (fault === null) waiting.resolve(message.ok);
    else waiting.reject(new SottoError('internal', `the server's answer to ${waiting.name}: ${fault}`));
  }

  /** A batch from the socket: in its place among the frames, so that a read's entries are there before its reply. */
  takeEntries(blob: Uint8Array): void {
    this.#incoming = this.#incoming
      .then(() => {
        const batch = decodeEntries(blob);
        if (batch.request === 0) this.#onEntries(batch);
        else if (this.#calls.has(batch.request)) this.#reads.set(batch.request, batch);
      })
      .catch(() => this.#socket.drop());
  }

  /** The connection is gone: whatever waits is unknown. */
  end(): void {
    this.#ended = new SottoError('no_connection', 'it ended');
    for (const waiting of this.#calls.values()) {
      clearTimeout(waiting.timer);
      waiting.reject(this.#ended);
    }
    this.#calls.clear();
  }
}
