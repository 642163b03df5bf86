/**
 * One signed-in (or anonymous) connection after its handshake: the sealed channel, what is sent over it, and the one way to
 * end it. Frames carry a counter, so they leave in the order in which they were sealed.
 */
import {
  type Ack,
  type Bytes,
  type Channel,
  type EntryBatch,
  encodeEntries,
  hex,
  type Nack,
  type Notice,
  type Reply,
  type Welcome,
  type WireError,
} from '@sotto/protocol';
import type { Socket } from 'socket.io';

/** Whose device it is. */
export interface Identity {
  readonly account: Bytes;
  readonly device: Bytes;
  readonly deviceKey: CryptoKey;
}

/** The most that the contract allows in one notice. */
const ACKS_A_NOTICE = 1024;

export class Session {
  readonly id: string;
  /** null: anonymous. */
  readonly identity: Identity | null;
  /** Hexadecimal account id; empty for anonymous sessions. */
  readonly account: string;
  /** Whom rate limits by address are counted for. */
  readonly address: string;
  /** Hexadecimal ids of accounts that an invite introduced to this session. */
  readonly introduced = new Set<string>();
  /** Rooms (hexadecimal ids) that the account left, and the entry that says so: a session may be on its way into one of them. */
  readonly left = new Map<string, number>();
  readonly #socket: Socket;
  readonly #channel: Channel;
  /** What came up before the welcome, which must be the first frame. */
  #early: (Reply | Notice)[] | null = [];
  #tail: Promise<unknown> = Promise.resolve();
  #acks: (Ack | Nack)[] = [];
  #acksLeave: Promise<void> | null = null;

  constructor(id: string, socket: Socket, channel: Channel, identity: Identity | null, address: string) {
    this.id = id;
    this.#socket = socket;
    this.#channel = channel;
    this.identity = identity;
    this.account = identity === null ? '' : hex(identity.account);
    this.address = address;
  }

  get connected(): boolean {
    return this.#socket.connected;
  }

  /** The value of a client's frame. Frames must be handed over in the order of their arrival. */
  open(frame: Bytes): Promise<unknown> {
    return this.#channel.open(frame);
  }

  /** Resolves when the welcome is on its way; notices that waited follow it. */
  welcome(welcome: Welcome): Promise<void> {
    const sent = this.#seal('welcome', welcome);
    for (const early of this.#early ?? []) void this.#seal('frame', early);
    this.#early = null;
    return sent;
  }

  reply(reply: Reply): Promise<void> {
    return this.#frame(reply);
  }

  notice(notice: Notice): Promise<void> {
    return this.#frame(notice);
  }

  /** Acknowledges or refuses an envelope. Those of one turn leave as one notice; resolves when it is on its way. */
  ack(item: Ack | Nack): Promise<void> {
    this.#acks.push(item);
    this.#acksLeave ??= new Promise((resolve) => setImmediate(() => resolve(this.#sendAcks())));
    return this.#acksLeave;
  }

  async #sendAcks(): Promise<void> {
    const acks = this.#acks;
    this.#acks = [];
    this.#acksLeave = null;
    const leave: Promise<void>[] = [];
    for (let i = 0; i < acks.length; i += ACKS_A_NOTICE) {
      leave.push(this.notice({ notice: 'acks', acks: acks.slice(i, i + ACKS_A_NOTICE) }));
    }
    await Promise.all(leave);
  }

  /** The entries that a `read` asked for. */
  entries(batch: EntryBatch): void {
    this.#socket.emit('entries', encodeEntries(batch));
  }

  /** Joins or leaves the Socket.IO room over which entries are broadcast. */
  listen(key: string, on: boolean): void {
    if (on) void this.#socket.join(key);
    else void this.#socket.leave(key);
  }

  /** Says why, then closes the transport, after all that was sealed before. Never a Socket.IO disconnect: see `closeTransport`. */
  end(error: WireError): Promise<void> {
    void this.#sendAcks();
    return this.#then(() => refuse(this.#socket, error));
  }

  close(): void {
    closeTransport(this.#socket);
  }

  #frame(value: Reply | Notice): Promise<void> {
    if (this.#early === null) return this.#seal('frame', value);
    this.#early.push(value);
    return Promise.resolve();
  }

  #seal(event: 'welcome' | 'frame', value: Welcome | Reply | Notice): Promise<void> {
    if (!this.#socket.connected) return Promise.resolve();
    const sealed = this.#channel.seal(value);
    return this.#then(async () => {
      this.#socket.emit(event, await sealed);
    });
  }

  #then(step: () => void | Promise<void>): Promise<void> {
    const next = this.#tail.then(step);
    this.#tail = next;
    return next;
  }
}

/**
 * Closes what lies under Socket.IO once its buffer is written (`discard`: at once, and the buffer is dropped). A Socket.IO
 * "disconnect" packet would stop the client from coming back (design section 8).
 */
export function closeTransport(socket: Socket, discard = false): void {
  socket.conn.close(discard);
}

/** Tells a connection why it ends, in the clear since it may have no channel, and ends it. */
export function refuse(socket: Socket, error: WireError): void {
  socket.emit('refused', JSON.stringify(error));
  closeTransport(socket);
}
