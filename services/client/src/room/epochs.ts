/**
 * The epochs of one room: their commits as they were verified, and their secrets, sealed on the disk. A secret comes from the
 * commit's own wrap, from one's own commit, from a history grant or from the backup; whichever way, it must be the committed one.
 */
import {
  type Bytes,
  b64,
  equal,
  fromB64,
  hex,
  merkleVerify,
  recipientLeaf,
  SottoError,
  secretCommitment,
  senderKeyOf,
  sha256,
  unwrapSecret,
} from '@sotto/protocol';
import { Lie } from '../ledger/lie.ts';
import type { EpochState } from '../ledger/state.ts';
import { type Change, type Storage, sortable } from '../store/port.ts';
import type { Vault } from '../store/vault.ts';
import type { Wire } from '../wire.ts';

/** One row. Without a commit it is a candidate: a secret of the backup or of a grant whose commit was not met yet. */
interface EpochRow {
  readonly epoch: number;
  readonly commit: Pick<EpochState, 'hash' | 'seq' | 'committer' | 'body'> | null;
  readonly sealed: Bytes | null;
  /** True once the backup has it. */
  readonly backedUp: boolean;
}

export interface EpochParts {
  readonly room: Bytes;
  readonly device: Bytes;
  readonly storage: Storage;
  readonly vault: Vault;
  readonly wire: Wire;
  /** This device's private half of an encryption key; undefined where it is another's or destroyed. */
  unwrapKey(keyId: Bytes): CryptoKey | undefined;
  /** A new secret is to be backed up. */
  backUp(epoch: number, secret: Bytes): void;
}

export class Epochs {
  readonly #parts: EpochParts;
  readonly #rows = new Map<number, EpochRow>();
  readonly #secrets = new Map<number, Promise<Bytes | null>>();
  readonly #senderKeys = new Map<string, Promise<Bytes | null>>();

  constructor(parts: EpochParts) {
    this.#parts = parts;
  }

  async load(): Promise<void> {
    const { storage } = this.#parts;
    for (const { value } of await storage.list<EpochRow>('epochs', `${this.#prefix}/`)) {
      this.#rows.set(value.epoch, value);
      if (value.sealed !== null && !value.backedUp) {
        const secret = await this.#unseal(value);
        if (secret !== null) this.#parts.backUp(value.epoch, secret);
      }
    }
  }

  /** A verified commit. What is known of its secret so far must fit it. Answers what is to be written. */
  async adopt(epoch: EpochState): Promise<Change[]> {
    const { number, hash, seq, committer, body } = epoch;
    const row = this.#rows.get(number) ?? { epoch: number, commit: null, sealed: null, backedUp: false };
    const candidate = await this.#unseal(row);
    const fits = candidate !== null && equal(await secretCommitment(candidate), body.commitment);
    return [this.#set({ ...row, commit: { hash, seq, committer, body }, ...(fits ? {} : { sealed: null }) })];
  }

  /** Keeps a secret that was made, granted or restored. Throws a `Lie` where it is not the committed one. */
  async put(epoch: number, secret: Bytes, backedUp = false): Promise<void> {
    const row = this.#rows.get(epoch) ?? { epoch, commit: null, sealed: null, backedUp };
    if (row.commit !== null && !equal(await secretCommitment(secret), row.commit.body.commitment)) {
      throw this.#different(epoch, row.commit.body.commitment);
    }
    const sealed = await this.#parts.vault.seal(this.#key(epoch), secret);
    await this.#parts.storage.write([this.#set({ ...row, sealed, backedUp })]);
    if (!backedUp) this.#parts.backUp(epoch, secret);
  }

  /** The backup has these now. */
  async markBackedUp(epochs: readonly number[]): Promise<void> {
    const changes = epochs.flatMap((epoch) => {
      const row = this.#rows.get(epoch);
      return row === undefined ? [] : [this.#set({ ...row, backedUp: true })];
    });
    await this.#parts.storage.write(changes);
  }

  /** True where the secret is here already: nothing needs to be asked. */
  has(epoch: number): boolean {
    return this.#rows.get(epoch)?.sealed != null;
  }

  /** All secrets that this device has of epochs that began before `seq`, oldest first: what can be granted. */
  async heldBefore(seq: number): Promise<{ epoch: number; secret: Bytes; seq: number }[]> {
    const out: { epoch: number; secret: Bytes; seq: number }[] = [];
    for (const row of [...this.#rows.values()].sort((a, b) => a.epoch - b.epoch)) {
      if (row.commit === null || row.commit.seq >= seq) continue;
      const secret = await this.#unseal(row);
      if (secret !== null) out.push({ epoch: row.epoch, secret, seq: row.commit.seq });
    }
    return out;
  }

  /**
   * The secret of an epoch; null where this device has no key for it. Fetched and checked at its first use. Throws `Lie` where what the
   * server or the committer hands out is not what was signed, `unavailable` where it cannot be asked now.
   */
  secret(epoch: number): Promise<Bytes | null> {
    const known = this.#secrets.get(epoch);
    if (known !== undefined) return known;
    const found = this.#find(epoch);
    this.#secrets.set(epoch, found);
    // Only a found one is final.
    const forget = () => this.#secrets.delete(epoch);
    found.then((secret) => secret === null && forget(), forget);
    return found;
  }

  /** The key of a device's messages in an epoch; null as with `secret`. */
  senderKey(epoch: number, device: Bytes): Promise<Bytes | null> {
    const name = `${epoch}/${hex(device)}`;
    const known = this.#senderKeys.get(name);
    if (known !== undefined) return known;
    const made = (async () => {
      const [secret, hash] = [await this.secret(epoch), this.#rows.get(epoch)?.commit?.hash];
      return secret === null || hash === undefined ? null : senderKeyOf(secret, hash, device);
    })();
    this.#senderKeys.set(name, made);
    const forget = () => this.#senderKeys.delete(name);
    made.then((key) => key === null && forget(), forget);
    return made;
  }

  get #prefix(): string {
    return b64(this.#parts.room);
  }

  #key(epoch: number): string {
    return `${this.#prefix}/${sortable(epoch)}`;
  }

  #set(row: EpochRow): Change {
    this.#rows.set(row.epoch, row);
    this.#secrets.delete(row.epoch);
    return { table: 'epochs', key: this.#key(row.epoch), value: row };
  }

  async #unseal(row: EpochRow): Promise<Bytes | null> {
    return row.sealed === null ? null : this.#parts.vault.open<Bytes>(this.#key(row.epoch), row.sealed);
  }

  async #find(epoch: number): Promise<Bytes | null> {
    const row = this.#rows.get(epoch);
    if (row?.commit === undefined || row.commit === null) return null;
    if (row.sealed !== null) return this.#unseal(row);
    const secret = await this.#openWrap(epoch, row.commit);
    if (secret !== null) await this.put(epoch, secret);
    return secret;
  }

  /** One's own wrap: its place in the signed tree is checked before any RSA decryption, the commitment after it. */
  async #openWrap(epoch: number, commit: NonNullable<EpochRow['commit']>): Promise<Bytes | null> {
    const { room, device, wire } = this.#parts;
    const { body, committer } = commit;
    let answer: Awaited<ReturnType<typeof fetchWrap>>;
    try {
      answer = await fetchWrap(wire, this.#prefix, epoch);
    } catch (error) {
      // Made before this device was there, or for members only.
      if (error instanceof SottoError && ['unknown_device', 'not_member'].includes(error.code)) return null;
      throw error;
    }
    const { keyId, wrap, index, size, path } = answer;
    const leaf = await recipientLeaf({ device, keyId, wrapHash: await sha256(wrap) });
    if (size !== body.count || !(await merkleVerify(leaf, index, size, path, body.root))) {
      const sentence = 'The server handed out a room key that is not the one that was signed.';
      throw new Lie('planted-room-key', sentence, { room, epoch, root: body.root, wrap });
    }
    const key = this.#parts.unwrapKey(keyId);
    if (key === undefined) return null;
    const { commitment } = body;
    const secret = await unwrapSecret(key, wrap, {
      room,
      epoch,
      committer,
      recipient: device,
      keyId,
      commitment,
    });
    if (secret === null || !equal(await secretCommitment(secret), commitment))
      throw this.#different(epoch, commitment);
    return secret;
  }

  #different(epoch: number, commitment: Bytes): Lie {
    const sentence = 'This device was given another room key than the one that was signed for all.';
    return new Lie('different-secret', sentence, { room: this.#parts.room, epoch, commitment });
  }
}

async function fetchWrap(wire: Wire, room: string, epoch: number) {
  const { keyId, wrap, index, size, path } = await wire.call('wrap.fetch', { room, epoch });
  return { keyId: fromB64(keyId), wrap: fromB64(wrap), index, size, path: path.map(fromB64) };
}

/** Secrets of a backup, as rows for rooms that this device is yet to meet. */
export function restoredEpochs(
  vault: Vault,
  restored: readonly { room: string; epoch: number; secret: Bytes }[],
): Promise<Change[]> {
  return Promise.all(
    restored.map(async ({ room, epoch, secret }) => {
      const key = `${room}/${sortable(epoch)}`;
      const value: EpochRow = { epoch, commit: null, sealed: await vault.seal(key, secret), backedUp: true };
      return { table: 'epochs' as const, key, value };
    }),
  );
}
