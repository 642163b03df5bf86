/**
 * Ephemeral things about people: who is connected, who types, whose keys changed, how far somebody has read, which devices are
 * to be closed. The other replicas are told in hints. All of it may be lost; nothing relies on it.
 */

import type { Store } from '@sotto/log';
import { type Bytes, b64, fromB64, hex, type Notice, SottoError } from '@sotto/protocol';
import type { Session } from '../connection/session.ts';
import type { Sessions } from '../connection/sessions.ts';
import type { Hint } from '../neighbours/hint.ts';
import type { Hearing, Neighbours } from '../neighbours/neighbours.ts';
import type { Followers } from './followers.ts';
import type { LetIn } from './let-in.ts';

interface PresenceParts {
  readonly store: Store;
  readonly sessions: Sessions;
  readonly followers: Followers;
  readonly neighbours: Neighbours;
  readonly letIn: LetIn;
}

export class Presence implements Hearing {
  readonly #parts: PresenceParts;

  constructor(parts: PresenceParts) {
    this.#parts = parts;
  }

  /** Accounts connected in a room, to any replica, base64url. */
  async everyone(room: Bytes): Promise<string[]> {
    const id = b64(room);
    return [...new Set([...this.online(id), ...(await this.#parts.neighbours.online(id))])];
  }

  online(room: string): string[] {
    const accounts = new Set<string>();
    for (const session of this.#parts.followers.find(fromB64(room))?.sessions ?? []) {
      if (session.identity !== null) accounts.add(b64(session.identity.account));
    }
    return [...accounts];
  }

  typing(room: Bytes, account: Bytes, typing: boolean, except: Session): void {
    const what = { room: b64(room), account: b64(account), typing };
    this.#toRoom(what.room, { notice: 'typing', ...what }, except);
    this.#parts.neighbours.tell({ hint: 'typing', ...what });
  }

  /** How far the account has read, for its other devices. */
  cursor(account: Bytes, room: Bytes, seq: number, except: Session): void {
    const what = { room: b64(room), seq };
    this.#toOwn(account, { notice: 'cursor', ...what }, except);
    this.#parts.neighbours.tell({ hint: 'cursor', account: b64(account), ...what });
  }

  /** An account's key chain grew: everybody who shares a room with it, once each. */
  async keysChanged(account: Bytes, seq: number, except: Session): Promise<void> {
    this.#parts.neighbours.tell({ hint: 'keys', account: b64(account), seq });
    await this.#tellOfKeys(account, seq, except);
  }

  /** A revoked device is told so and cut off. */
  revoked(account: Bytes, device: Bytes): void {
    this.#cutOff(account, device);
    this.#parts.neighbours.tell({ hint: 'revoked', account: b64(account), device: b64(device) });
  }

  async hear(hint: Hint): Promise<void> {
    const account = fromB64(hint.account);
    switch (hint.hint) {
      case 'let-in':
        return this.#parts.letIn.look(account);
      case 'presence':
        for (const room of hint.rooms) this.#heardPresence(room, hint.account, hint.online);
        return;
      case 'typing': {
        const { room, typing } = hint;
        return this.#toRoom(room, { notice: 'typing', room, account: hint.account, typing });
      }
      case 'keys':
        return this.#tellOfKeys(account, hint.seq);
      case 'cursor':
        return this.#toOwn(account, { notice: 'cursor', room: hint.room, seq: hint.seq });
      case 'revoked':
        return this.#cutOff(account, fromB64(hint.device));
    }
  }

  #heardPresence(room: string, account: string, online: boolean): void {
    const follower = this.#parts.followers.find(fromB64(room));
    if (follower === undefined) return;
    if (!online && follower.hasAccount(hex(fromB64(account)))) {
      // Gone from there, still here with another device: that is said again.
      this.#parts.neighbours.tell({ hint: 'presence', account, online: true, rooms: [room] });
      return;
    }
    follower.tell({ notice: 'presence', room, account, online });
  }

  async #tellOfKeys(account: Bytes, seq: number, except?: Session): Promise<void> {
    const { store, sessions, followers } = this.#parts;
    const told = new Set(sessions.ofAccount(account));
    for (const { room, role } of await store.memberships(account)) {
      if (role === null) continue;
      for (const session of followers.find(room)?.sessions ?? []) told.add(session);
    }
    if (except !== undefined) told.delete(except);
    for (const session of told) void session.notice({ notice: 'keys', account: b64(account), seq });
  }

  #toRoom(room: string, notice: Notice, except?: Session): void {
    this.#parts.followers.find(fromB64(room))?.tell(notice, except);
  }

  #toOwn(account: Bytes, notice: Notice, except?: Session): void {
    for (const session of this.#parts.sessions.ofAccount(account))
      if (session !== except) void session.notice(notice);
  }

  #cutOff(account: Bytes, device: Bytes): void {
    for (const session of this.#parts.sessions.ofDevice(account, device))
      void session.end(new SottoError('device_revoked').toWire());
  }
}
