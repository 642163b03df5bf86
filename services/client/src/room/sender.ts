/**
 * What this device appends to one room, in order: one envelope's sequence and link need the one before (design section 6, Sender sequence
 * and retries). Messages fly side by side; statements and commits fly alone, since they depend on the room's state.
 *
 * Every envelope has three outcomes. Acknowledged: done. Unknown (no answer, `unavailable`, `timeout` …): the same bytes again.
 * Refused: this and all later ones are sealed anew, message ids kept.
 */
import {
  type Bytes,
  b64,
  type DraftHeader,
  encodePayload,
  envelopeDigest,
  equal,
  fromB64,
  hex,
  LIMITS,
  parseEnvelope,
  SottoError,
  sealMessage,
  zeros,
} from '@sotto/protocol';
import { isRetryable } from '../failure.ts';
import { Lie } from '../ledger/lie.ts';
import type { Ledger } from '../ledger/state.ts';
import type { Wire } from '../wire.ts';
import type { Epochs } from './epochs.ts';
import type { Outbox } from './outbox.ts';

/** Something that flies alone: a statement about members, a commit, a grant. */
export interface Control {
  /** True: goes only after all messages that were queued before. */
  readonly afterMessages?: boolean;
  /** The envelope for the room as it is now; null where it is no longer needed. */
  make(ledger: Ledger, draft: DraftOf): Promise<{ id: Bytes; envelope: Bytes } | null>;
  /** Refused because the room changed: true has it made anew, false gives it up quietly. */
  readonly again: boolean;
  done(ack: { seq: number; chain: string } | null): void;
  failed(error: Error): void;
}

/** The header for a message id; a commit names the epoch that it makes. */
export type DraftOf = (id: Bytes, epoch?: number, sentAt?: number) => DraftHeader;

export interface SenderParts {
  readonly account: Bytes;
  readonly device: Bytes;
  readonly deviceKey: CryptoKey;
  readonly wire: Wire;
  readonly epochs: Epochs;
  readonly outbox: Outbox;
  readonly now: () => number;
  ledger(): Ledger;
  /** True while the room is caught up and may send. */
  ready(): boolean;
  /** Reads the log to its head. */
  catchUp(): Promise<void>;
  /** A new commit, as a control. */
  commit(): Control;
  /** A check caught a lie about the keys; the room goes on with new ones. */
  lied(lie: Lie): void;
  /** A message was refused for good. */
  refused(id: string, error: SottoError): void;
}

interface Flight {
  readonly id: string;
  readonly since: number;
  failure: SottoError | null;
}

interface Tail {
  readonly seq: number;
  readonly digest: Bytes;
}

const RETRY_MS = 1000;
const LONGEST_RETRY_MS = 15_000;
/** Refusals in a row after which the next try waits: two members who renew keys at once must not chase each other. */
const PATIENCE = 3;
const SEND_BYTES = LIMITS.frameBytes - 4096;

async function tailOf(envelope: Bytes): Promise<Tail> {
  return { seq: parseEnvelope(envelope).header.deviceSeq, digest: await envelopeDigest(envelope) };
}

/** As few frames as their limits allow. */
function chunks(envelopes: readonly Bytes[]): Bytes[][] {
  const out: Bytes[][] = [];
  let bytes = SEND_BYTES;
  for (const envelope of envelopes) {
    const last = out.at(-1);
    bytes += envelope.length + 4;
    if (last === undefined || bytes > SEND_BYTES || last.length === LIMITS.envelopesPerSend) {
      out.push([envelope]);
      bytes = envelope.length + 4;
    } else last.push(envelope);
  }
  return out;
}

export class Sender {
  readonly #parts: SenderParts;
  readonly #controls: Control[] = [];
  #flights: Flight[] = [];
  /** The control that is sealed and not answered. */
  #alone: { control: Control; id: string; envelope: Bytes } | null = null;
  /** This device's newest envelope that is sealed or acknowledged, where the ledger does not have it yet. */
  #tail: Tail | null = null;
  #running = false;
  #again = false;
  #refusals = 0;
  #retries = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #watch: ReturnType<typeof setInterval> | undefined;
  #pausedUntil = 0;
  /** The server wants new keys although this device sees no reason: the epoch is old or has had its messages. */
  #due = false;
  /** What comes next depends on the room as it is after this sequence. */
  #follows = 0;

  constructor(parts: SenderParts) {
    this.#parts = parts;
  }

  /** Something changed: a message was queued, an answer came, the room was caught up. */
  kick(): void {
    this.#again = true;
    if (!this.#running) void this.#run();
  }

  /** Has a control sent; `first`: before all others. */
  enqueue(control: Control, first = false): void {
    if (first) this.#controls.unshift(control);
    else this.#controls.push(control);
    this.kick();
  }

  /** The connection ended: what was under way is unknown. */
  lost(): void {
    for (const { id } of this.#flights) this.#parts.outbox.mark(id, 'queued');
    this.#flights = [];
    clearInterval(this.#watch);
    this.#watch = undefined;
  }

  close(): void {
    this.lost();
    clearTimeout(this.#timer);
    this.giveUp(new SottoError('no_connection', 'the client was closed'));
  }

  /** No statement can be appended any more: whoever waits for one hears why. */
  giveUp(error: SottoError): void {
    const { control } = this.#alone ?? {};
    this.#alone = null;
    for (const one of [...(control === undefined ? [] : [control]), ...this.#controls.splice(0)])
      one.failed(error);
  }

  /** An ack, or one's own entry in the log: the first that comes ends the flight. */
  settle(id: string, ack: { seq: number; chain: string }): void {
    this.#flights = this.#flights.filter((f) => f.id !== id);
    this.#refusals = 0;
    this.#retries = 0;
    if (this.#alone?.id === id) {
      const { control } = this.#alone;
      this.#alone = null;
      this.#follows = Math.max(this.#follows, ack.seq);
      control.done(ack);
    }
    this.kick();
  }

  refuse(id: string, error: SottoError): void {
    const flight = this.#flights.find((f) => f.id === id);
    if (flight === undefined) return;
    flight.failure = error;
    this.kick();
  }

  async #run(): Promise<void> {
    this.#running = true;
    try {
      while (this.#again) {
        this.#again = false;
        while (await this.#step()) this.#again = false;
      }
    } catch (error) {
      this.#pause(isRetryable(error) ? RETRY_MS : LONGEST_RETRY_MS);
    } finally {
      this.#running = false;
      if (this.#again) this.kick();
    }
  }

  /** One thing that can be done now; false where something must happen first. */
  async #step(): Promise<boolean> {
    const { outbox } = this.#parts;
    if (!this.#parts.ready() || Date.now() < this.#pausedUntil) return false;
    if (this.#parts.ledger().seq < this.#follows) return false;
    if (this.#flights.some((f) => f.failure !== null)) {
      // Those behind a refused one are refused for their sequence; all answers are awaited before anything is made anew.
      return this.#flights.every((f) => f.failure !== null) && (await this.#recover());
    }
    const flying = new Set(this.#flights.map((f) => f.id));
    const unknown = outbox.sealed().filter((item) => !flying.has(item.id));
    if (unknown.length > 0) return this.#fly(unknown);
    if (this.#alone !== null) return !flying.has(this.#alone.id) && this.#fly([this.#alone]);
    const queued = outbox.queued(LIMITS.inFlightPerRoom);
    const at = this.#controls.findIndex((c) => c.afterMessages !== true || queued.length === 0);
    if (at !== -1) return this.#flights.length === 0 && (await this.#sealControl(at));
    if (queued.length === 0) return false;
    if (await this.#needsCommit()) {
      if (this.#flights.length > 0) return false;
      this.#controls.unshift(this.#parts.commit());
      return true;
    }
    return this.#sealMessages(queued);
  }

  async #needsCommit(): Promise<boolean> {
    const { epoch, membership } = this.#parts.ledger();
    if (this.#due || epoch === null || (membership?.changedAt ?? 0) > epoch.seq) return true;
    try {
      // A device that the epoch was not made for has no other way to write.
      return (await this.#parts.epochs.secret(epoch.number)) === null;
    } catch (error) {
      if (!(error instanceof Lie)) throw error;
      // Nor has one that was given another secret than the others.
      this.#parts.lied(error);
      return true;
    }
  }

  async #sealControl(at: number): Promise<boolean> {
    const control = this.#controls[at] as Control;
    let made: { id: Bytes; envelope: Bytes } | null;
    try {
      made = await control.make(this.#parts.ledger(), this.#draft);
    } catch (error) {
      if (isRetryable(error)) throw error;
      // What cannot even be made is its owner's to hear of; it is not tried for ever.
      this.#drop(control);
      control.failed(error as Error);
      throw error;
    }
    this.#drop(control);
    if (made === null) control.done(null);
    else this.#alone = { control, id: b64(made.id), envelope: made.envelope };
    return true;
  }

  #drop(control: Control): void {
    const at = this.#controls.indexOf(control);
    if (at !== -1) this.#controls.splice(at, 1);
  }

  async #sealMessages(
    queued: readonly { id: string; payload: Parameters<typeof encodePayload>[0]; at: number }[],
  ) {
    const { epochs, device, deviceKey, outbox } = this.#parts;
    const free = LIMITS.inFlightPerRoom - this.#flights.length;
    const { epoch } = this.#parts.ledger();
    if (free <= 0 || epoch === null) return false;
    const senderKey = await epochs.senderKey(epoch.number, device);
    if (senderKey === null) return false;
    const sealed: { id: string; envelope: Bytes }[] = [];
    const before = this.#tail;
    for (const { id, payload, at } of queued.slice(0, free)) {
      const draft = this.#draft(fromB64(id), undefined, at);
      let envelope: Bytes;
      try {
        envelope = await sealMessage(draft, encodePayload(payload), senderKey, deviceKey);
      } catch (error) {
        if (!(error instanceof SottoError)) throw error;
        // One that cannot be sealed (an older client kept it) must not hold up those behind it.
        await this.#refuseItem(id, error);
        continue;
      }
      sealed.push({ id, envelope });
      this.#tail = { seq: draft.deviceSeq, digest: await envelopeDigest(envelope) };
    }
    try {
      await outbox.seal(sealed);
    } catch (error) {
      this.#tail = before;
      throw error;
    }
    return true;
  }

  async #refuseItem(id: string, error: SottoError): Promise<void> {
    await this.#parts.outbox.refuse(id, error.message);
    this.#parts.refused(id, error);
  }

  /** Hands envelopes over, as many as may fly; true where more may follow them. */
  async #fly(items: readonly { id: string; envelope: Bytes }[]): Promise<boolean> {
    const going = items.slice(0, LIMITS.inFlightPerRoom - this.#flights.length);
    const tails = await Promise.all(going.map(({ envelope }) => tailOf(envelope)));
    // It may have ended while this looked.
    if (!this.#parts.ready()) return false;
    for (const tail of tails) if (tail.seq > (this.#tail?.seq ?? 0)) this.#tail = tail;
    for (const { id } of going) {
      this.#flights.push({ id, since: Date.now(), failure: null });
      this.#parts.outbox.mark(id, 'sent');
    }
    for (const chunk of chunks(going.map((item) => item.envelope))) this.#parts.wire.send(chunk);
    this.#watch ??= setInterval(() => this.#timeOut(), 1000);
    return going.length === items.length && this.#flights.length < LIMITS.inFlightPerRoom;
  }

  #timeOut(): void {
    if (this.#flights.length === 0) {
      clearInterval(this.#watch);
      this.#watch = undefined;
    }
    const late = Date.now() - LIMITS.ackTimeoutMs;
    for (const flight of this.#flights) {
      if (flight.since < late) flight.failure ??= new SottoError('timeout', 'no acknowledgement');
    }
    if (this.#flights.some((f) => f.failure !== null)) this.kick();
  }

  /** All that flew was answered, and not all of it well: the first failure decides. */
  async #recover(): Promise<boolean> {
    const [first] = this.#flights;
    if (first?.failure == null) return false;
    const { id, failure } = first;
    const alone = this.#alone?.id === id ? this.#alone : null;
    for (const flight of this.#flights) this.#parts.outbox.mark(flight.id, 'queued');
    this.#flights = [];
    if (failure.retry === 'later' || failure.retry === 'reauthenticate') {
      this.#pause(Math.max(failure.retryAfterMs ?? 0, RETRY_MS * 2 ** Math.min(4, this.#retries++)));
      return false;
    }
    this.#tail = null;
    if (alone !== null) {
      this.#alone = null;
      if (failure.retry === 'reseal' && alone.control.again) this.#controls.unshift(alone.control);
      else if (failure.retry === 'reseal') alone.control.done(null);
      else alone.control.failed(failure);
    }
    const epoch = this.#parts.ledger().epoch;
    await this.#parts.outbox.unseal();
    await this.#parts.catchUp();
    // The log may show it after all: then it was taken out of the outbox while this caught up.
    if (failure.retry === 'never' && alone === null && this.#parts.outbox.find(id) !== undefined) {
      await this.#refuseItem(id, failure);
    }
    if (failure.code === 'epoch_stale') {
      const now = this.#parts.ledger().epoch;
      this.#due = epoch !== null && now !== null && equal(epoch.hash, now.hash);
    }
    if (++this.#refusals > PATIENCE) this.#pause(RETRY_MS * Math.random() * this.#refusals);
    return true;
  }

  #pause(ms: number): void {
    const wait = Math.min(ms, LONGEST_RETRY_MS);
    this.#pausedUntil = Date.now() + wait;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.kick(), wait + 1);
  }

  /** A commit was adopted: the next refusal for an old epoch is about another one. */
  renewed(): void {
    this.#due = false;
  }

  readonly #draft: DraftOf = (id, epoch, sentAt) => {
    const { account, device } = this.#parts;
    const ledger = this.#parts.ledger();
    const written = ledger.writers.get(hex(device));
    const last = this.#tail !== null && this.#tail.seq > (written?.seq ?? 0) ? this.#tail : written;
    return {
      room: ledger.room,
      epoch: epoch ?? ledger.epoch?.number ?? 0,
      commit: (ledger.epoch?.hash ?? zeros(32)).slice(0, 16),
      account,
      device,
      deviceSeq: (last?.seq ?? 0) + 1,
      id,
      head: ledger.seq,
      headHash: ledger.chain,
      previous: last?.digest ?? zeros(32),
      sentAt: sentAt ?? this.#parts.now(),
    };
  };
}
