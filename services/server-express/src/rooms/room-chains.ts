/**
 * The room chain as this replica derives it (design section 6): for each room that it works with, a position and the hash
 * there, extended by the digests that appends bring back, checked against the checkpoints that all replicas share.
 */

import type { Store } from '@sotto/log';
import { type Bytes, chainStart, chainStep, equal, hex, LIMITS, SottoError } from '@sotto/protocol';
import QuickLRU from 'quick-lru';
import type { Log } from '../log.ts';

/** Hashes kept behind the position: acks of appends that were in flight together ask for them. */
const RECENT = 128;
const ROOMS = 20_000;

class RoomChain {
  readonly room: Bytes;
  seq: number;
  hash: Bytes;
  readonly recent = new Map<number, Bytes>();
  /** Extensions run one after the other: each hash needs the one before. */
  tail: Promise<unknown> = Promise.resolve();

  constructor(room: Bytes, seq: number, hash: Bytes) {
    this.room = room;
    this.seq = seq;
    this.hash = hash;
    this.recent.set(seq, hash);
  }

  set(seq: number, hash: Bytes): void {
    this.seq = seq;
    this.hash = hash;
    this.recent.set(seq, hash);
    this.recent.delete(seq - RECENT);
  }
}

/** Digests of the entries after `from`. */
interface Known {
  readonly from: number;
  readonly digests: readonly Bytes[];
}

type Digests = Pick<Store, 'digests' | 'checkpoint' | 'checkpointBelow'>;

export class RoomChains {
  readonly #store: Digests;
  readonly #log: Log;
  readonly #chains = new QuickLRU<string, Promise<RoomChain>>({ maxSize: ROOMS });
  /** Rooms whose chain differs from a checkpoint. Never forgotten: the replica must not serve them again. */
  readonly #conflicts = new Set<string>();

  constructor(store: Digests, log: Log) {
    this.#store = store;
    this.#log = log;
  }

  /** This replica's position in a room, to go with an append, so that the answer brings the digests after it. */
  async position(room: Bytes): Promise<number> {
    return (await this.#chain(room)).seq;
  }

  /**
   * The chain hash at `seq`, an existing entry's sequence or 0. `known` saves asking the store. Throws `chain_conflict`
   * where this replica's chain differs from a checkpoint.
   */
  async at(room: Bytes, seq: number, known?: Known): Promise<Bytes> {
    const chain = await this.#chain(room);
    const result = chain.tail.then(() => this.#advance(chain, seq, known));
    chain.tail = result.catch(() => undefined);
    return result;
  }

  /** Throws `chain_conflict` where the room is no longer served. */
  check(room: Bytes): void {
    if (this.#conflicts.has(hex(room))) throw new SottoError('chain_conflict');
  }

  /** The store may have lost entries: what was derived from it is derived again. Conflicts stand. */
  forgetAll(): void {
    this.#chains.clear();
  }

  #chain(room: Bytes): Promise<RoomChain> {
    this.check(room);
    const key = hex(room);
    const found = this.#chains.get(key);
    if (found !== undefined) return found;
    const made = this.#start(room);
    this.#chains.set(key, made);
    made.catch(() => this.#chains.delete(key));
    return made;
  }

  async #start(room: Bytes): Promise<RoomChain> {
    const checkpoint = await this.#store.checkpointBelow(room, Number.MAX_SAFE_INTEGER);
    return checkpoint === null
      ? new RoomChain(room, 0, await chainStart(room))
      : new RoomChain(room, checkpoint.seq, checkpoint.chain);
  }

  async #advance(chain: RoomChain, seq: number, known: Known | undefined): Promise<Bytes> {
    this.check(chain.room);
    if (seq <= chain.seq) return chain.recent.get(seq) ?? this.#past(chain.room, seq);
    const from = chain.seq;
    const digests =
      known !== undefined && known.from <= from && known.from + known.digests.length >= seq
        ? known.digests.slice(from - known.from, seq - known.from)
        : await this.#store.digests(chain.room, from + 1, seq);
    for (const digest of digests) {
      const n = chain.seq + 1;
      const hash = await chainStep(chain.hash, n, digest);
      if (n % LIMITS.checkpointEntries === 0) await this.#compare(chain.room, n, hash);
      chain.set(n, hash);
    }
    return chain.hash;
  }

  async #compare(room: Bytes, seq: number, hash: Bytes): Promise<void> {
    if (equal(await this.#store.checkpoint(room, seq, hash), hash)) return;
    this.#conflicts.add(hex(room));
    this.#log.error({ seq }, 'a room chain differs from its checkpoint; the room is no longer served');
    throw new SottoError('chain_conflict');
  }

  /** A hash from before what is kept, recomputed from the checkpoint below it. */
  async #past(room: Bytes, seq: number): Promise<Bytes> {
    const base = (await this.#store.checkpointBelow(room, seq)) ?? { seq: 0, chain: await chainStart(room) };
    let hash = base.chain;
    let n = base.seq;
    if (seq === n) return hash;
    for (const digest of await this.#store.digests(room, n + 1, seq))
      hash = await chainStep(hash, ++n, digest);
    return hash;
  }
}
