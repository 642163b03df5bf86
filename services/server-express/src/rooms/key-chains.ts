/** Key chains of accounts, folded from the store and kept; each question first takes in what is new. */

import type { Store } from '@sotto/log';
import { type Bytes, extendKeyChain, hex, type KeyChain } from '@sotto/protocol';
import QuickLRU from 'quick-lru';

const ACCOUNTS = 20_000;
const PAGE = 64;

export class KeyChains {
  readonly #store: Store;
  readonly #chains = new QuickLRU<string, KeyChain>({ maxSize: ACCOUNTS });
  readonly #loading = new Map<string, Promise<KeyChain | null>>();

  constructor(store: Store) {
    this.#store = store;
  }

  /** The chains as they stand now, in the order asked; null where there is no such account. */
  async newest(accounts: readonly Bytes[]): Promise<(KeyChain | null)[]> {
    const stored = await this.#store.accounts(accounts);
    return Promise.all(stored.map((s) => (s === null ? null : this.#upTo(s.account, s.chainSeq))));
  }

  async one(account: Bytes): Promise<KeyChain | null> {
    return (await this.newest([account]))[0] ?? null;
  }

  /** The store may have lost statements: what was derived from it is derived again. */
  forgetAll(): void {
    this.#chains.clear();
  }

  async #upTo(account: Bytes, seq: number): Promise<KeyChain | null> {
    const key = hex(account);
    for (;;) {
      const kept = this.#chains.get(key);
      if (kept !== undefined && kept.seq >= seq) return kept;
      // A load that began before the newest statement was stored may come back without it: then once more.
      const joined = this.#loading.get(key);
      const loading = joined ?? this.#load(account, kept ?? null);
      this.#loading.set(key, loading);
      try {
        const chain = await loading;
        if (joined === undefined || (chain !== null && chain.seq >= seq)) return chain;
      } finally {
        if (this.#loading.get(key) === loading) this.#loading.delete(key);
      }
    }
  }

  async #load(account: Bytes, from: KeyChain | null): Promise<KeyChain | null> {
    let chain = from;
    for (;;) {
      const page = await this.#store.chain(account, (chain?.seq ?? 0) + 1, PAGE);
      for (const statement of page) chain = await extendKeyChain(chain, statement);
      if (page.length < PAGE) break;
    }
    if (chain !== null) this.#chains.set(hex(account), chain);
    return chain;
  }
}
