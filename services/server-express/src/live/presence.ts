/**
 * Ephemeral things about people: who is connected, who types, whose keys changed, which devices are to be closed. They may be
 * lost; nothing relies on them.
 */

import type { Store } from '@sotto/log';
import { type Bytes, b64, type Notice, SottoError } from '@sotto/protocol';
import type { Session } from '../connection/session.ts';
import type { Sessions } from '../connection/sessions.ts';
import type { Followers } from './followers.ts';

export class Presence {
  readonly #store: Store;
  readonly #sessions: Sessions;
  readonly #followers: Followers;

  constructor(store: Store, sessions: Sessions, followers: Followers) {
    this.#store = store;
    this.#sessions = sessions;
    this.#followers = followers;
  }

  /** Accounts connected in a room, base64url. */
  online(room: Bytes): string[] {
    const accounts = new Set<string>();
    for (const session of this.#followers.find(room)?.sessions ?? []) {
      if (session.identity !== null) accounts.add(b64(session.identity.account));
    }
    return [...accounts];
  }

  toRoom(room: Bytes, notice: Notice, except: Session): void {
    this.#followers.find(room)?.tell(notice, except);
  }

  /** The account's other devices. */
  toOwn(account: Bytes, notice: Notice, except: Session): void {
    for (const session of this.#sessions.ofAccount(account))
      if (session !== except) void session.notice(notice);
  }

  /** An account's key chain grew: everybody who shares a room with it, once each. */
  async keysChanged(account: Bytes, seq: number, except: Session): Promise<void> {
    const told = new Set(this.#sessions.ofAccount(account));
    for (const { room, role } of await this.#store.memberships(account)) {
      if (role === null) continue;
      for (const session of this.#followers.find(room)?.sessions ?? []) told.add(session);
    }
    told.delete(except);
    for (const session of told) void session.notice({ notice: 'keys', account: b64(account), seq });
  }

  /** A revoked device is told so and cut off. */
  revoked(account: Bytes, device: Bytes): void {
    for (const session of this.#sessions.ofDevice(account, device))
      void session.end(new SottoError('device_revoked').toWire());
  }
}
