/**
 * Messages of this device that the log does not show yet, kept on the disk in their order. An envelope is kept before it is sent:
 * while its outcome is unknown the same bytes are sent again, also after a restart (design section 6, Sender sequence and retries).
 */
import { type Bytes, b64, messageIdAt, type Payload } from '@sotto/protocol';
import { type Change, type Storage, sortable } from '../store/port.ts';
import type { Vault } from '../store/vault.ts';
import type { SendState } from '../views.ts';

interface OutboxRow {
  readonly place: number;
  /** Message id, base64url. */
  readonly id: string;
  /** When it was written, by this device's clock. */
  readonly at: number;
  /** The payload, sealed. */
  readonly sealed: Bytes;
  readonly envelope: Bytes | null;
  /** Why it was refused for good. */
  readonly refusal: string | null;
}

export interface OutboxItem extends OutboxRow {
  readonly payload: Payload;
  readonly send: SendState;
  /** Its sequence, once acknowledged. */
  readonly seq: number | null;
}

export class Outbox {
  readonly #room: string;
  readonly #storage: Storage;
  readonly #vault: Vault;
  readonly #changed: (item: OutboxItem) => void;
  /** In the order of sending. */
  readonly #items = new Map<string, OutboxItem>();
  #lastPlace = 0;
  /** The highest place that is in the list. */
  #last = 0;

  /** `changed` hears of every item that is new or was changed; of those that are taken out it does not. */
  constructor(room: Bytes, storage: Storage, vault: Vault, changed: (item: OutboxItem) => void) {
    this.#room = b64(room);
    this.#storage = storage;
    this.#vault = vault;
    this.#changed = changed;
  }

  async load(): Promise<void> {
    for (const { key, value } of await this.#storage.list<OutboxRow>('outbox', `${this.#room}/`)) {
      const payload = await this.#vault.open<Payload>(key, value.sealed);
      const send = value.refusal === null ? 'queued' : 'refused';
      this.#items.set(value.id, { ...value, payload, send, seq: null });
      this.#lastPlace = value.place;
      this.#last = value.place;
    }
  }

  list(): OutboxItem[] {
    return [...this.#items.values()];
  }

  find(id: string): OutboxItem | undefined {
    return this.#items.get(id);
  }

  /** Those with an envelope whose outcome is not known. They stand before all that are queued. */
  sealed(): (OutboxItem & { envelope: Bytes })[] {
    const out: (OutboxItem & { envelope: Bytes })[] = [];
    for (const item of this.#items.values()) {
      if (!isOpen(item)) continue;
      if (item.envelope === null) break;
      out.push({ ...item, envelope: item.envelope });
    }
    return out;
  }

  /** The first that are to be sealed, at most `limit`: an outbox may be long, and each step asks. */
  queued(limit: number): OutboxItem[] {
    const out: OutboxItem[] = [];
    for (const item of this.#items.values()) {
      if (out.length === limit) break;
      if (isOpen(item) && item.envelope === null) out.push(item);
    }
    return out;
  }

  /** Resolves once it is on the disk. */
  async add(payload: Payload, at: number): Promise<OutboxItem> {
    const place = ++this.#lastPlace;
    const id = b64(messageIdAt(at));
    const sealed = await this.#vault.seal(this.#key(place), payload);
    const item = {
      place,
      id,
      at,
      sealed,
      envelope: null,
      refusal: null,
      payload,
      send: 'queued',
      seq: null,
    } as const;
    // Two that are added at once are sealed side by side, and stand in the order of their places all the same.
    const last = this.#last;
    this.#last = Math.max(last, place);
    const later = last > place ? this.list().filter((other) => other.place > place) : [];
    this.#items.set(id, item);
    for (const other of later) {
      this.#items.delete(other.id);
      this.#items.set(other.id, other);
    }
    await this.#write([item]);
    return item;
  }

  /** Keeps envelopes, all at once, before any of them is sent. */
  async seal(envelopes: readonly { id: string; envelope: Bytes }[]): Promise<void> {
    await this.#write(
      envelopes.flatMap(({ id, envelope }) => {
        const item = this.#items.get(id);
        return item === undefined ? [] : [{ ...item, envelope }];
      }),
    );
  }

  /** Everything not acknowledged is to be sealed anew. */
  async unseal(): Promise<void> {
    await this.#write(this.sealed().map((item) => ({ ...item, envelope: null, send: 'queued' as const })));
  }

  /** On its way, or (`queued`) no longer: the connection ended without an answer. */
  mark(id: string, send: 'sent' | 'queued'): void {
    const item = this.#items.get(id);
    if (item !== undefined && item.send !== send) this.#set({ ...item, send });
  }

  /** The log has it. It stays until the entry itself was read (`taken`), so that it is never missing from the screen. */
  acknowledge(id: string, seq: number): void {
    const item = this.#items.get(id);
    if (item !== undefined) this.#set({ ...item, send: 'logged', seq });
  }

  async refuse(id: string, sentence: string): Promise<void> {
    const item = this.#items.get(id);
    if (item !== undefined)
      await this.#write([{ ...item, envelope: null, send: 'refused', refusal: sentence }]);
  }

  /** What takes an item out of the disk, to be written together with the entry that replaces it; null where there is none. */
  removal(id: string): Change | null {
    const item = this.#items.get(id);
    return item === undefined ? null : { table: 'outbox', key: this.#key(item.place), value: undefined };
  }

  /** The removal was written. */
  taken(id: string): void {
    this.#items.delete(id);
  }

  async #write(items: readonly OutboxItem[]): Promise<void> {
    if (items.length === 0) return;
    for (const item of items) this.#set(item);
    await this.#storage.write(
      items.map(({ payload: _p, send: _s, seq: _q, ...row }) => ({
        table: 'outbox',
        key: this.#key(row.place),
        value: row,
      })),
    );
  }

  #set(item: OutboxItem): void {
    this.#items.set(item.id, item);
    this.#changed(item);
  }

  #key(place: number): string {
    return `${this.#room}/${sortable(place)}`;
  }
}

const isOpen = (item: OutboxItem): boolean => item.refusal === null && item.seq === null;
