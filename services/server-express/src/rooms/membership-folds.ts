/** The membership of rooms, folded from their kind-3 entries and kept; each question first takes in what is new. */

import type { Store } from '@sotto/log';
import {
  applyMembership,
  type Bytes,
  hex,
  KIND,
  type MembershipState,
  parseEnvelope,
  parseMembership,
} from '@sotto/protocol';
import QuickLRU from 'quick-lru';

const ROOMS = 5_000;

interface Fold {
  state: MembershipState | null;
  /** Sequence of the newest kind-2 or kind-3 entry taken in. */
  seq: number;
  tail: Promise<unknown>;
}

export class MembershipFolds {
  readonly #store: Store;
  readonly #folds = new QuickLRU<string, Fold>({ maxSize: ROOMS });

  constructor(store: Store) {
    this.#store = store;
  }

  /** The state after the newest entry; null where the room does not exist. */
  newest(room: Bytes): Promise<MembershipState | null> {
    const key = hex(room);
    const fold = this.#folds.get(key) ?? { state: null, seq: 0, tail: Promise.resolve() };
    this.#folds.set(key, fold);
    const result = fold.tail.then(() => this.#refresh(room, fold));
    fold.tail = result.catch(() => undefined);
    return result;
  }

  /** The store may have lost entries: what was derived from it is derived again. */
  forgetAll(): void {
    this.#folds.clear();
  }

  async #refresh(room: Bytes, fold: Fold): Promise<MembershipState | null> {
    for (const entry of await this.#store.statements(room, fold.seq)) {
      const envelope = parseEnvelope(entry.bytes);
      if (envelope.header.kind === KIND.membership) {
        const { statement, prev } = parseMembership(envelope.body);
        const place = { room, sender: envelope.header.account, seq: entry.seq, digest: entry.digest };
        fold.state = await applyMembership(fold.state, statement, prev, place);
      }
      fold.seq = entry.seq;
    }
    return fold.state;
  }
}
