/**
 * What the server has said of a room's chain ahead of the entries: acks, summaries, receipts. The log must keep these promises, or two
 * members could be shown two histories.
 */
import { type Bytes, b64, equal, fromB64 } from '@sotto/protocol';
import { Lie } from '../ledger/lie.ts';
import type { Ledger } from '../ledger/state.ts';

export type PromiseSource = 'ack' | 'summary' | 'receipt';

/** More than a server that keeps its word ever leaves open. */
const MOST = 4096;

export class ChainPromises {
  readonly #open = new Map<number, { chain: Bytes; source: PromiseSource; proof: string }>();

  /** Throws a `Lie` where the ledger already shows another chain there. `proof`: JSON of what the server said. */
  take(ledger: Ledger, seq: number, chain: string, source: PromiseSource, proof: string): void {
    const promised = { chain: fromB64(chain), source, proof };
    if (seq <= ledger.seq) this.#compare(ledger, seq, ledger.hashes.get(seq), promised);
    else if (this.#open.size < MOST) this.#open.set(seq, promised);
  }

  /** The chains behind entries `from`, `from + 1`, … as the log shows them. Throws a `Lie` at the first broken promise. */
  check(ledger: Ledger, from: number, chains: readonly Bytes[]): void {
    for (const [i, chain] of chains.entries()) {
      const promised = this.#open.get(from + i);
      if (promised !== undefined) this.#compare(ledger, from + i, chain, promised);
    }
  }

  /** The highest sequence that was acknowledged or signed for and is still to come; 0 for none. */
  highest(): number {
    const firm = [...this.#open].filter(([, { source }]) => source !== 'summary').map(([seq]) => seq);
    return Math.max(0, ...firm);
  }

  open(): { seq: number; chain: string; source: PromiseSource; proof: string }[] {
    return [...this.#open].map(([seq, { chain, ...rest }]) => ({ seq, chain: b64(chain), ...rest }));
  }

  /** Those up to `seq` were kept. */
  kept(seq: number): void {
    for (const at of this.#open.keys()) if (at <= seq) this.#open.delete(at);
  }

  #compare(
    ledger: Ledger,
    seq: number,
    mine: Bytes | undefined,
    promised: { chain: Bytes; source: PromiseSource; proof: string },
  ): void {
    if (mine === undefined || equal(mine, promised.chain)) return;
    const evidence = {
      room: ledger.room,
      seq,
      mine: b64(mine),
      promised: promised.chain,
      said: promised.proof,
    };
    if (promised.source === 'receipt') {
      throw new Lie(
        'receipt-broken',
        'The server signed for another history than the one it shows.',
        evidence,
      );
    }
    throw new Lie('history-forked', 'This server shows different rooms to different people.', evidence);
  }
}
