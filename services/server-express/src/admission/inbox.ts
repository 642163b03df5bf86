/** The `send` event: takes the blob apart, has each envelope judged, and sees that each gets its one answer. */
import {
  type Bytes,
  b64,
  decodeEnvelopes,
  type Envelope,
  ERRORS,
  equal,
  hex,
  LIMITS,
  type Nack,
  parseEnvelope,
  SottoError,
} from '@sotto/protocol';
import type { Session } from '../connection/session.ts';
import { wireErrorOf } from '../failure.ts';
import type { FanOut } from '../live/fan-out.ts';
import type { LetIn } from '../live/let-in.ts';
import type { Log } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import type { Neighbours } from '../neighbours/neighbours.ts';
import { type AdmissionParts, type Admitted, admit } from './admission.ts';
import { Lane } from './lane.ts';

export interface InboxParts extends AdmissionParts {
  readonly fanOut: FanOut;
  readonly letIn: LetIn;
  readonly neighbours: Neighbours;
  readonly metrics: Metrics;
  readonly log: Log;
  /** Sends under way, for the graceful stop. */
  readonly underWay: Set<Promise<unknown>>;
}

const IN_FLIGHT_RETRY_MS = 200;

/** One session's envelopes. */
export class Inbox {
  readonly #parts: InboxParts;
  readonly #session: Session;
  readonly #lanes = new Map<string, Lane>();

  constructor(parts: InboxParts, session: Session) {
    this.#parts = parts;
    this.#session = session;
  }

  /** Every envelope of the blob, in order. `refusal`: why none of them is looked at, for instance the replica stops. */
  take(blob: Uint8Array, refusal: SottoError | null): void {
    let envelopes: Uint8Array[];
    try {
      envelopes = decodeEnvelopes(blob);
    } catch (error) {
      this.#refuse(error, {});
      const { code } = error as SottoError;
      if (ERRORS[code].disconnect) void this.#session.end((error as SottoError).toWire());
      return;
    }
    for (const bytes of envelopes) this.#takeOne(bytes, refusal);
  }

  #takeOne(bytes: Uint8Array, refusal: SottoError | null): void {
    let envelope: Envelope;
    try {
      envelope = parseEnvelope(bytes);
    } catch (error) {
      this.#refuse(error, {});
      return;
    }
    const name = { room: b64(envelope.header.room), id: b64(envelope.header.id) };
    const work = refusal === null ? this.#judge(envelope) : Promise.reject(refusal);
    const answered = work.then(
      ({ admitted, seconds }) => this.#acknowledge(name, admitted, seconds),
      (error: unknown) => this.#refuse(error, name),
    );
    this.#parts.underWay.add(answered);
    answered.finally(() => this.#parts.underWay.delete(answered));
    if (refusal === null) this.#parts.fanOut.holdFor(envelope.header.room, answered);
  }

  async #judge(envelope: Envelope): Promise<{ admitted: Admitted; seconds: number }> {
    const began = performance.now();
    const { identity } = this.#session;
    if (identity === null) throw new SottoError('auth_required');
    const { room, account, device } = envelope.header;
    if (!equal(account, identity.account) || !equal(device, identity.device)) {
      throw new SottoError('not_entitled', 'the envelope names another sender than this session');
    }
    const key = hex(room);
    const lane = this.#lanes.get(key) ?? new Lane();
    if (lane.inFlight >= LIMITS.inFlightPerRoom) {
      throw new SottoError('rate_limited', 'envelopes in flight in one room', IN_FLIGHT_RETRY_MS);
    }
    this.#lanes.set(key, lane);
    try {
      const admitted = await admit(this.#parts, lane, envelope, identity.deviceKey);
      await this.#letIn(room, admitted);
      return { admitted, seconds: (performance.now() - began) / 1000 };
    } finally {
      if (lane.inFlight === 0) this.#lanes.delete(key);
    }
  }

  /** Whoever an entry lets in must be followed wherever they are connected. */
  async #letIn(room: Bytes, { effect, seq, duplicate }: Admitted): Promise<void> {
    if (effect.type !== 'membership') return;
    const { fanOut, letIn, neighbours } = this.#parts;
    for (const { account, role } of effect.members) {
      if (role === null) continue;
      // Of a retry too: the replica that took the first try may have died before it told anybody.
      neighbours.tell({ hint: 'let-in', account: b64(account) });
      if (duplicate) await letIn.look(account);
      else await fanOut.expect(room, account, seq);
    }
  }

  #acknowledge(name: { room: string; id: string }, admitted: Admitted, seconds: number): Promise<void> {
    const { metrics } = this.#parts;
    metrics.appends.inc({ outcome: admitted.duplicate ? 'duplicate' : 'ok' });
    metrics.ackSeconds.observe(seconds);
    const { seq, chain, at } = admitted;
    return this.#session.ack({ ...name, seq, chain: b64(chain), at });
  }

  #refuse(thrown: unknown, name: Omit<Nack, 'error'>): Promise<void> {
    const error = wireErrorOf(thrown, this.#parts.log, 'admission');
    this.#parts.metrics.appends.inc({ outcome: error.code });
    return this.#session.ack({ ...name, error });
  }
}
