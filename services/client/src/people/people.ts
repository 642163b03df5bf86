/**
 * Other people, and oneself: each account's verified key chain, its handle, and whether somebody compared its safety number.
 * The highest position seen of every chain is kept, so that a shorter or other list is noticed (design section 4).
 */
import {
  type Bytes,
  b64,
  equal,
  fromB64,
  handleCommitment,
  type KeyChain,
  mapInFlight,
  readKeyChain,
  SottoError,
} from '@sotto/protocol';
import { Lie } from '../ledger/lie.ts';
import type { Storage } from '../store/port.ts';
import type { MemberView } from '../views.ts';
import type { Wire } from '../wire.ts';

interface Person {
  readonly chain: KeyChain | null;
  /** null until the server told one that the chain confirms. */
  readonly handle: string | null;
  /** The fingerprint that was compared with the person. */
  readonly verified: string | null;
  /** The account that had this handle before, where nobody has acknowledged the change. */
  readonly replaces: string | null;
}

const NOBODY: Person = { chain: null, handle: null, verified: null, replaces: null };
/** What one `directory` call may ask for. */
const ASKED_AT_ONCE = 256;
/** Key lists that are asked for at the same time. */
const READ_AT_ONCE = 32;

export interface PeopleEvents {
  /** A handle became known or its trust changed. */
  changed(account: string): void;
  lie(lie: Lie, account: string): void;
}

export class People {
  readonly #storage: Storage;
  readonly #wire: Wire;
  readonly #events: PeopleEvents;
  readonly #people = new Map<string, Person>();
  readonly #byHandle = new Map<string, string>();
  readonly #fetching = new Map<string, Promise<KeyChain>>();

  constructor(storage: Storage, wire: Wire, events: PeopleEvents) {
    this.#storage = storage;
    this.#wire = wire;
    this.#events = events;
  }

  async load(): Promise<void> {
    for (const { key, value } of await this.#storage.list<Person>('people')) {
      this.#people.set(key, value);
      if (value.handle !== null) this.#byHandle.set(value.handle, key);
    }
  }

  known(account: string): KeyChain | null {
    return this.#people.get(account)?.chain ?? null;
  }

  handle(account: string): string | null {
    return this.#people.get(account)?.handle ?? null;
  }

  /** The account that a handle is known to belong to. */
  accountOf(handle: string): string | null {
    return this.#byHandle.get(handle) ?? null;
  }

  trust(account: string): Exclude<MemberView['trust'], 'self'> {
    const person = this.#people.get(account);
    if (person === undefined) return 'new';
    if (person.replaces !== null) return 'changed';
    return person.verified !== null ? 'verified' : 'new';
  }

  /** Takes over a chain that this device made or checked itself. */
  async put(chain: KeyChain, handle: string | null): Promise<void> {
    await this.#change(b64(chain.account), { chain, ...(handle === null ? {} : { handle }) });
  }

  async setVerified(account: string, fingerprint: string | null): Promise<void> {
    await this.#change(account, { verified: fingerprint });
    this.#events.changed(account);
  }

  /** The person has seen that this handle belongs to another account now. */
  async acknowledge(account: string): Promise<void> {
    await this.#change(account, { replaces: null });
    this.#events.changed(account);
  }

  /** The account's chain, at least up to `seq`. Throws `Lie` where the server has less, or another one than before. */
  async chain(account: Bytes, seq: number): Promise<KeyChain> {
    const key = b64(account);
    for (;;) {
      const known = this.known(key);
      if (known !== null && known.seq >= seq) return known;
      const underWay = this.#fetching.get(key);
      const fetching = underWay ?? this.#fetch(account, seq);
      this.#fetching.set(key, fetching);
      try {
        const chain = await fetching;
        if (chain.seq >= seq) return chain;
        // What somebody else asked for may have been less.
        if (underWay === undefined) throw this.#rollback(account, chain.seq, seq);
      } finally {
        if (this.#fetching.get(key) === fetching) this.#fetching.delete(key);
      }
    }
  }

  /** Everything that the server has of these chains now, for a commit and for its audit. Also learns their handles. */
  async newest(accounts: readonly Bytes[]): Promise<KeyChain[]> {
    const positions = await this.#directory(accounts);
    return mapInFlight(
      accounts,
      async (account) => {
        const known = this.known(b64(account))?.seq ?? 0;
        const told = positions.get(b64(account));
        // The directory speaks of those one shares a room with; anybody's key list may be read.
        if (told === undefined) return this.#fetch(account, Math.max(1, known));
        if (told < known) throw this.#rollback(account, told, known);
        return this.chain(account, told);
      },
      READ_AT_ONCE,
    );
  }

  /** Learns the handles that are not known yet. Those the server does not tell stay unknown. */
  async learn(accounts: readonly Bytes[]): Promise<void> {
    const unknown = accounts.filter((account) => this.handle(b64(account)) === null);
    if (unknown.length > 0) await this.#directory(unknown);
  }

  /**
   * The account behind a handle, as the server tells it and its own key chain confirms it. Throws `unknown_handle`, or a `Lie` where
   * the chain is one for another handle.
   */
  async find(handle: string): Promise<KeyChain> {
    const account = fromB64((await this.#wire.call('account.find', { handle })).account);
    const chain = await this.chain(account, 1);
    if (!equal(chain.handle, await handleCommitment(account, handle))) {
      throw new Lie('account-key-changed', `The server shows somebody else as ${handle}.`, {
        handle,
        account,
      });
    }
    await this.#named(b64(account), handle);
    return chain;
  }

  async #directory(accounts: readonly Bytes[]): Promise<Map<string, number>> {
    const positions = new Map<string, number>();
    for (let i = 0; i < accounts.length; i += ASKED_AT_ONCE) {
      const asked = accounts.slice(i, i + ASKED_AT_ONCE).map(b64);
      const answer = await this.#wire.call('directory', { accounts: asked });
      for (const { account, handle, seq } of answer.accounts) {
        if (!asked.includes(account)) continue;
        positions.set(account, seq);
        if (this.handle(account) === handle) continue;
        const chain = await this.chain(fromB64(account), 1);
        // A handle that the account itself did not sign is not shown.
        if (equal(chain.handle, await handleCommitment(chain.account, handle)))
          await this.#named(account, handle);
      }
    }
    return positions;
  }

  async #fetch(account: Bytes, wanted: number): Promise<KeyChain> {
    const key = b64(account);
    let chain = this.known(key);
    for (;;) {
      const from = (chain?.seq ?? 0) + 1;
      const page = await this.#wire.call('chain.read', { account: key, from });
      if (page.seq < from - 1) throw this.#rollback(account, page.seq, from - 1);
      if (page.statements.length === 0) break;
      const statements = page.statements.map((s) => ({
        bytes: fromB64(s.bytes),
        signature: fromB64(s.signature),
      }));
      try {
        chain = await readKeyChain(chain, statements);
      } catch (error) {
        throw new Lie('key-chain-rollback', 'The server shows another key list of this person than before.', {
          account,
          position: from,
          why: (error as Error).message,
        });
      }
      if ((chain?.seq ?? 0) >= page.seq) break;
    }
    if (chain === null || !equal(chain.account, account))
      throw this.#rollback(account, 0, Math.max(1, wanted));
    return this.#keep(chain);
  }

  /** A fetch that ends late must not take back what was learnt meanwhile. */
  async #keep(chain: KeyChain): Promise<KeyChain> {
    const known = this.known(b64(chain.account));
    if (known !== null && known.seq >= chain.seq) return known;
    await this.#change(b64(chain.account), { chain });
    return chain;
  }

  #rollback(account: Bytes, got: number, wanted: number): Lie {
    const sentence = 'The server keeps back part of a key list that it showed before.';
    return new Lie('key-chain-rollback', sentence, { account, got, wanted });
  }

  /** `account` bears `handle`, by its own signature. A handle that was another account's is a changed account key. */
  async #named(account: string, handle: string): Promise<void> {
    if (this.handle(account) === handle) return;
    const before = this.#byHandle.get(handle);
    const changed = before !== undefined && before !== account;
    this.#byHandle.set(handle, account);
    await this.#change(account, changed ? { handle, replaces: before } : { handle });
    this.#events.changed(account);
    if (!changed) return;
    const sentence = `${handle} has another account key than before: a new account, or somebody who pretends to be ${handle}.`;
    this.#events.lie(new Lie('account-key-changed', sentence, { handle, before, account }), account);
  }

  async #change(account: string, change: Partial<Person>): Promise<void> {
    const next = { ...(this.#people.get(account) ?? NOBODY), ...change };
    this.#people.set(account, next);
    if (next.handle !== null && !this.#byHandle.has(next.handle)) this.#byHandle.set(next.handle, account);
    await this.#storage.write([{ table: 'people', key: account, value: next }]);
  }
}

/** The chain of somebody who must have one by now. */
export function mustKnow(people: People, account: string): KeyChain {
  const chain = people.known(account);
  if (chain === null) throw new SottoError('unknown_account', 'nobody with this account was met yet');
  return chain;
}
