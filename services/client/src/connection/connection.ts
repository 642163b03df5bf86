/** The one file that touches the socket: connects, signs in, reconnects with jitter, hands sessions on. */
import {
  type EntryBatch,
  fromB64,
  LIMITS,
  type Notice,
  own,
  SottoError,
  type Welcome,
  type WireError,
} from '@sotto/protocol';
import { io, type Socket } from 'socket.io-client';
import { answerHello, type Handshake, type Identity, type ResumptionTicket } from './handshake.ts';
import { Session } from './session.ts';

const FIRST_DELAY_MS = 250;
const LONGEST_DELAY_MS = 10_000;

/** Refusals of a handshake that another try may not get. */
const DOUBTFUL: ReadonlySet<string> = new Set(['auth_failed', 'auth_required', 'bad_frame']);
/** Handshakes in a row that are refused so before it is for good. */
const HANDSHAKES = 3;

export interface ConnectionEvents {
  /** Signed in. `serverKey` is to be pinned at the first meeting; `generation` to be compared with the last one's. */
  online(session: Session, welcome: Welcome, serverKey: string, generation: string): void;
  /** Lost or refused. `retryAt` null: it is not tried again (`ServerKeyChanged`, a refusal for good). */
  offline(error: Error, retryAt: number | null): void;
  notice(notice: Notice): void;
  entries(batch: EntryBatch): void;
}

export interface ConnectionOptions {
  readonly url: string;
  readonly identity: Identity | null;
  /** The server's signing key from an earlier meeting (SPKI, base64url). */
  readonly pinned: string | null;
  readonly events: ConnectionEvents;
}

export class Connection {
  readonly #options: ConnectionOptions;
  readonly #socket: Socket;
  #pinned: string | null;
  #ticket: ResumptionTicket | null = null;
  #session: Session | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #attempts = 0;
  #serverDelayMs = 0;
  #closed = false;
  #hello = '';
  #handshake: Handshake | null = null;
  /** Which connection this is. RSA takes its time: what was begun for one that is lost must not reach the next. */
  #line = 0;
  /** Under way or up; a loss is told by more than one event. */
  #trying = false;
  #distrusted = 0;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#pinned = options.pinned;
    // Socket.IO's own reconnection knows neither the server's delay nor our verdict on its keys.
    this.#socket = io(options.url, {
      transports: ['websocket', 'polling'],
      tryAllTransports: true,
      // Programs keep the cookie too, by which a balancer brings the next poll to the same replica.
      withCredentials: true,
      reconnection: false,
      autoConnect: false,
      forceNew: true,
    });
    this.#socket.on('hello', (text: unknown) => this.#greet(String(text)));
    this.#socket.on('welcome', (frame: Uint8Array) => this.#welcome(frame));
    this.#socket.on('refused', (text: unknown) => this.#refused(String(text)));
    this.#socket.on('frame', (frame: Uint8Array) => this.#session?.takeFrame(frame));
    this.#socket.on('entries', (blob: Uint8Array) => this.#session?.takeEntries(blob));
    this.#socket.on('disconnect', (reason) => this.#lost(new SottoError('no_connection', reason)));
    this.#socket.on('connect_error', (error) => this.#lost(new SottoError('no_connection', error.message)));
  }

  open(): void {
    this.#trying = true;
    this.#socket.connect();
    // A line that ends before it was whole is told by the engine alone; Socket.IO would wait for it for 20 s.
    this.#socket.io.engine.once('close', (reason) => {
      this.#lost(new SottoError('no_connection', reason));
      this.#socket.disconnect();
    });
  }

  /**
   * The device's network came or went. Without one, waiting for a ping that cannot come would take half a minute; with one again, nobody wants to
   * wait for the next try.
   */
  setNetwork(isThere: boolean): void {
    if (this.#closed || isThere === this.#trying) return;
    if (!isThere) {
      this.#drop();
      return;
    }
    clearTimeout(this.#timer);
    this.#attempts = 0;
    this.open();
  }

  close(): void {
    this.#closed = true;
    this.#line++;
    clearTimeout(this.#timer);
    this.#session?.end();
    this.#session = null;
    this.#socket.disconnect();
  }

  #greet(hello: string): void {
    this.#hello = hello;
    const line = this.#line;
    answerHello(hello, this.#pinned, this.#options.identity, this.#ticket).then(
      (handshake) => {
        if (line !== this.#line) return;
        this.#handshake = handshake;
        this.#socket.emit('auth', handshake.auth);
      },
      (error: Error) => {
        if (line === this.#line) this.#giveUp(error);
      },
    );
  }

  #welcome(frame: Uint8Array): void {
    const handshake = this.#handshake;
    if (handshake === null || this.#session !== null) return;
    const line = this.#line;
    // Socket.IO keeps what is emitted while there is no connection and sends it on the next one, before the handshake.
    const socket = {
      emit: (event: string, bytes: Uint8Array) => {
        if (line === this.#line) this.#socket.emit(event, bytes);
      },
      drop: () => {
        if (line === this.#line) this.#drop();
      },
    };
    const session = new Session(
      socket,
      handshake.channel,
      (notice) => this.#notice(notice),
      this.#options.events.entries,
    );
    // Frames that arrive behind the welcome wait for the session's own queue, so it exists before the welcome is read.
    this.#session = session;
    handshake.welcome(own(frame)).then(
      (welcome) => {
        if (line !== this.#line) return;
        this.#attempts = 0;
        this.#distrusted = 0;
        this.#pinned = handshake.hello.signKey;
        const { ticket } = welcome;
        this.#ticket =
          ticket === undefined ? null : { ticket: fromB64(ticket), secret: handshake.channel.resumption };
        this.#options.events.online(session, welcome, handshake.hello.signKey, handshake.hello.generation);
      },
      (error: Error) => {
        if (line === this.#line) this.#giveUp(error);
      },
    );
  }

  #refused(text: string): void {
    let error: SottoError;
    try {
      error = SottoError.fromWire(JSON.parse(text) as WireError);
    } catch {
      error = new SottoError('bad_frame', 'refused');
    }
    if (error.retry === 'reauthenticate' && this.#ticket !== null) {
      // The same hello still stands: sign in with the device key instead.
      this.#ticket = null;
      this.#greet(this.#hello);
      return;
    }
    this.#serverDelayMs = error.retryAfterMs ?? 0;
    // A handshake that was garbled on its way looks like one that was forged: it is made anew before that is believed.
    const again = DOUBTFUL.has(error.code) && ++this.#distrusted < HANDSHAKES;
    if (error.retry === 'later' || again) this.#drop();
    else this.#giveUp(error);
  }

  #notice(notice: Notice): void {
    // The server spreads its clients: a crowd that came back at once would fell the next replica.
    if (notice.notice === 'draining') this.#serverDelayMs = notice.retryAfterMs;
    this.#options.events.notice(notice);
  }

  /** Closes the transport; `disconnect` follows and plans the next try. */
  #drop(): void {
    this.#socket.io.engine.close();
  }

  #giveUp(error: Error): void {
    if (this.#closed) return;
    this.close();
    this.#options.events.offline(error, null);
  }

  #lost(error: SottoError): void {
    if (!this.#trying) return;
    this.#trying = false;
    this.#line++;
    this.#socket.sendBuffer = [];
    this.#session?.end();
    this.#session = null;
    this.#handshake = null;
    if (this.#closed) return;
    const backoff = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** this.#attempts++);
    const delay = this.#serverDelayMs + backoff * (0.5 + Math.random() / 2);
    this.#serverDelayMs = 0;
    this.#options.events.offline(error, Date.now() + delay);
    this.#timer = setTimeout(() => this.open(), Math.min(delay, 10 * LIMITS.callTimeoutMs));
  }
}
