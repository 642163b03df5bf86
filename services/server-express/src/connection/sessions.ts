/** The sessions of this replica, by account. */
import type { Bytes } from '@sotto/protocol';
import { equal, hex } from '@sotto/protocol';
import type { Session } from './session.ts';

const NONE: ReadonlySet<Session> = new Set();

export class Sessions {
  readonly #all = new Set<Session>();
  readonly #byAccount = new Map<string, Set<Session>>();

  add(session: Session): void {
    this.#all.add(session);
    if (session.identity === null) return;
    const mine = this.#byAccount.get(session.account) ?? new Set();
    this.#byAccount.set(session.account, mine.add(session));
  }

  remove(session: Session): void {
    this.#all.delete(session);
    const mine = this.#byAccount.get(session.account);
    mine?.delete(session);
    if (mine?.size === 0) this.#byAccount.delete(session.account);
  }

  all(): ReadonlySet<Session> {
    return this.#all;
  }

  ofAccount(account: Bytes): ReadonlySet<Session> {
    return this.#byAccount.get(hex(account)) ?? NONE;
  }

  ofDevice(account: Bytes, device: Bytes): Session[] {
    return [...this.ofAccount(account)].filter(
      (s) => s.identity !== null && equal(s.identity.device, device),
    );
  }
}
