/** What a device is told of its rooms when it signs in, asks, is let in or is removed. */

import type { Membership, Store } from '@sotto/log';
import { type Bytes, b64, parseEnvelope, type RoomSummary, SottoError } from '@sotto/protocol';
import type { RoomChains } from './room-chains.ts';

export class Summaries {
  readonly #store: Store;
  readonly #chains: RoomChains;

  constructor(store: Store, chains: RoomChains) {
    this.#store = store;
    this.#chains = chains;
  }

  /** One room as one account may see it: a former member learns nothing from after its removal. */
  async of(membership: Membership): Promise<RoomSummary> {
    const { room, role, since, until, cursor } = membership;
    const state = await this.#store.room(room);
    if (state === null) throw new SottoError('unknown_room');
    const head = until ?? state.head;
    const epoch = until === null ? state.epoch : await this.#epochAt(room, until);
    const chain = await this.#chains.at(room, head);
    return { room: b64(room), head, chain: b64(chain), epoch, role, since, until, cursor };
  }

  /** All rooms an account is or was in. One that this replica no longer serves is left out. */
  async all(memberships: readonly Membership[]): Promise<RoomSummary[]> {
    const summaries = await Promise.all(
      memberships.map((membership) =>
        this.of(membership).catch((error: unknown) => {
          if (error instanceof SottoError && error.code === 'chain_conflict') return null;
          throw error;
        }),
      ),
    );
    return summaries.filter((summary) => summary !== null);
  }

  /** The epoch in force at a membership entry: its header names it. */
  async #epochAt(room: Bytes, seq: number): Promise<number> {
    const [entry] = await this.#store.read(room, seq, 1, 1);
    return entry === undefined ? 0 : parseEnvelope(entry.bytes).header.epoch;
  }
}
