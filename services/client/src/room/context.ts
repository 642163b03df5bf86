/** What all rooms of one client share. */
import type { Bytes } from '@sotto/protocol';
import type { Alerts } from '../alerts.ts';
import type { People } from '../people/people.ts';
import type { Storage } from '../store/port.ts';
import type { Vault } from '../store/vault.ts';
import type { TimelineItem } from '../views.ts';
import type { Wire } from '../wire.ts';
import type { Committer } from './committer.ts';

export interface RoomEvents {
  /** The room's line in the list is another one. */
  changed(): void;
  timeline(items: TimelineItem[], reset: boolean): void;
  members(): void;
}

export interface RoomContext {
  readonly storage: Storage;
  readonly vault: Vault;
  readonly wire: Wire;
  readonly people: People;
  readonly alerts: Alerts;
  readonly committer: Committer;
  readonly account: Bytes;
  readonly device: Bytes;
  readonly deviceKey: CryptoKey;
  readonly now: () => number;
  /** This device's private half of an encryption key; undefined where it is another's or destroyed. */
  unwrapKey(keyId: Bytes): CryptoKey | undefined;
  /** A room's secret is to be backed up. */
  backUp(room: string, epoch: number, secret: Bytes): void;
  /** The server's verification key, for receipts; null before the first meeting. */
  serverKey(): CryptoKey | null;
  online(): boolean;
  /** Nothing may be sent: another program is this device's writer. */
  readonly readOnly: boolean;
  /** Something that no check foresaw: for whoever looks after this program. */
  failed(error: unknown): void;
  events(room: string): RoomEvents;
}
