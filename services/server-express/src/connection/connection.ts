/** One Socket.IO connection, from its hello to its end: which event means what in which state, and how often. */
import { type Hello, LIMITS, SottoError, type WireError } from '@sotto/protocol';
import type { Socket } from 'socket.io';
import { Inbox, type InboxParts } from '../admission/inbox.ts';
import type { ReplicaConfig } from '../config.ts';
import { wireErrorOf } from '../failure.ts';
import type { Gate } from '../gate.ts';
import type { StoreHealth } from '../store-health.ts';
import { TokenBucket } from '../token-bucket.ts';
import { addressOf } from './address.ts';
import { type AuthParts, authenticate, helloOf } from './authenticate.ts';
import { Dispatch, type DispatchParts } from './dispatch.ts';
import { closeSession, type OpenParts, openSession } from './open-session.ts';
import { refuse, type Session } from './session.ts';

export interface ConnectionParts extends AuthParts, DispatchParts, InboxParts, OpenParts {
  readonly config: ReplicaConfig;
  /** The graceful stop has begun. */
  readonly draining: () => boolean;
  readonly health: StoreHealth;
  /** Handshakes that are worked on at the same time. */
  readonly handshakes: Gate;
}

interface Open {
  readonly session: Session;
  readonly dispatch: Dispatch;
  readonly inbox: Inbox;
}

export class Connection {
  readonly #parts: ConnectionParts;
  readonly #socket: Socket;
  readonly #hello: Hello;
  readonly #helloText: string;
  readonly #bucket: TokenBucket;
  readonly #timer: NodeJS.Timeout;
  #authenticating = false;
  #open: Open | null = null;
  #ended = false;

  constructor(parts: ConnectionParts, socket: Socket) {
    this.#parts = parts;
    this.#socket = socket;
    this.#hello = helloOf(parts, Date.now());
    this.#helloText = JSON.stringify(this.#hello);
    const { framesPerSecond, frameBurst } = parts.config;
    this.#bucket = new TokenBucket(framesPerSecond, frameBurst, performance.now());
    this.#timer = setTimeout(
      () => this.#end(new SottoError('timeout', 'handshake').toWire()),
      LIMITS.handshakeTimeoutMs,
    );
    socket.onAny((event: string, payload: unknown) => this.#take(event, payload));
    socket.on('disconnect', () => this.#gone());
    socket.emit('hello', this.#helloText);
  }

  #take(event: string, payload: unknown): void {
    // After the last word nothing is read any more; it would only be work for a peer that does not listen.
    if (this.#ended) return;
    const waitMs = this.#bucket.take(performance.now());
    const refusal = waitMs === 0 ? this.#replicaRefusal() : new SottoError('rate_limited', undefined, waitMs);
    if (this.#bucket.flooding) {
      this.#end(
        new SottoError('rate_limited', 'the connection is closed since the flood went on', waitMs).toWire(),
      );
    } else if (sizeOf(payload) > LIMITS.frameBytes) {
      this.#end(new SottoError('too_large', `a frame has at most ${LIMITS.frameBytes} bytes`).toWire());
    } else if (event === 'auth') {
      void this.#auth(payload, refusal);
    } else if (this.#open === null) {
      this.#end((refusal ?? new SottoError('auth_required', 'the handshake comes first')).toWire());
    } else if (!(payload instanceof Uint8Array)) {
      this.#end(new SottoError('bad_frame', 'an event that this version does not know').toWire());
    } else if (event === 'frame') {
      this.#open.dispatch.take(payload, refusal);
    } else if (event === 'send') {
      this.#open.inbox.take(payload, refusal);
    } else {
      this.#end(new SottoError('bad_frame', 'an event that this version does not know').toWire());
    }
  }

  /** Why the replica looks at nothing now. */
  #replicaRefusal(): SottoError | null {
    if (this.#parts.draining()) return new SottoError('draining', undefined, LIMITS.drainSpreadMs);
    return this.#parts.health.refusal();
  }

  async #auth(payload: unknown, refusal: SottoError | null): Promise<void> {
    const { metrics, log } = this.#parts;
    try {
      if (refusal !== null) throw refusal;
      if (this.#authenticating || this.#open !== null)
        throw new SottoError('bad_request', 'already signed in');
      this.#authenticating = true;
      await this.#parts.handshakes.run(() => this.#shakeHands(payload));
    } catch (thrown) {
      const error = wireErrorOf(thrown, log, 'handshake');
      metrics.handshakes.inc({ outcome: error.code });
      // The one refusal after which the same connection may try again, with the device key.
      if (error.code === 'ticket_invalid') this.#socket.emit('refused', JSON.stringify(error));
      else this.#end(error);
    } finally {
      this.#authenticating = false;
    }
  }

  async #shakeHands(payload: unknown): Promise<void> {
    // It may have gone while it waited for its turn, or while it was looked up: then nobody would take the session out again.
    if (!this.#socket.connected) return;
    const { metrics, config } = this.#parts;
    const who = await authenticate(this.#parts, this.#helloText, this.#hello, payload, Date.now());
    const address = addressOf(this.#socket.handshake, config.trustedProxies);
    if (!this.#socket.connected) return;
    await openSession(this.#parts, this.#socket, who, address, (session) => this.#opened(session));
    metrics.handshakes.inc({ outcome: who.resumed ? 'resumed' : 'ok' });
  }

  #opened(session: Session): void {
    clearTimeout(this.#timer);
    const dispatch = new Dispatch(this.#parts, session);
    this.#open = { session, dispatch, inbox: new Inbox(this.#parts, session) };
  }

  /** The last word. What was taken and refused before it is still answered before it. */
  #end(error: WireError): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#parts.metrics.cutOff.inc({ code: error.code });
    if (this.#open === null) {
      refuse(this.#socket, error);
      return;
    }
    const { session, dispatch } = this.#open;
    void dispatch.opened().then(() => session.end(error));
  }

  #gone(): void {
    this.#ended = true;
    clearTimeout(this.#timer);
    if (this.#open !== null) closeSession(this.#parts, this.#open.session);
    this.#open = null;
  }
}

/** Bytes of what travels as bytes, characters of what travels as text; of anything else its form is refused anyway. */
const sizeOf = (payload: unknown): number =>
  payload instanceof Uint8Array || typeof payload === 'string' ? payload.length : 0;
