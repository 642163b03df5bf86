/** Makes the next epoch of a room: wraps a fresh secret to every live device's newest key (design section 6, lazy commit). */
import {
  type Bytes,
  b64,
  type DraftHeader,
  encodeCommit,
  envelopeDigest,
  hex,
  importWrapKey,
  KIND,
  LIMITS,
  makeEpoch,
  messageIdAt,
  type RecipientKey,
  recipientKeysAt,
  SottoError,
  signPlain,
  zeros,
} from '@sotto/protocol';
import type { Ledger } from '../ledger/state.ts';
import type { People } from '../people/people.ts';
import type { Wire } from '../wire.ts';

export interface CommitterParts {
  readonly wire: Wire;
  readonly people: People;
  readonly device: Bytes;
  readonly deviceKey: CryptoKey;
}

export interface MadeCommit {
  readonly id: Bytes;
  readonly envelope: Bytes;
  readonly secret: Bytes;
  /** The commit hash, by which the secret is recognised when the commit comes back in the log. */
  readonly hash: Bytes;
}

export class Committer {
  readonly #parts: CommitterParts;
  /** Imported keys, by hexadecimal key id: a key serves in all rooms and epochs of its week. */
  readonly #imported = new Map<string, Promise<CryptoKey | null>>();

  constructor(parts: CommitterParts) {
    this.#parts = parts;
  }

  /**
   * A commit that follows `ledger`, its wraps uploaded. `draft` gives the header for the id and the epoch. Throws what the server says to
   * the upload, and `Lie` where a member's key list is shorter than the room knows it.
   */
  async make(ledger: Ledger, draft: (id: Bytes, epoch: number) => DraftHeader): Promise<MadeCommit> {
    const { device, deviceKey, people } = this.#parts;
    if (ledger.membership === null) throw new SottoError('unknown_room');
    const epoch = (ledger.epoch?.number ?? 0) + 1;
    const id = messageIdAt(Date.now());
    // Before anything is waited for: header and body must speak of the same room.
    const header = draft(id, epoch);
    const members = [...ledger.membership.members.values()];
    await Promise.all(members.map((member) => people.chain(member.account, member.chain.seq)));
    const chains = await people.newest(members.map((member) => member.account));
    const recipients = chains.flatMap((chain) => recipientKeysAt(chain, chain.seq));
    const previous = ledger.epoch?.hash ?? zeros(32);
    const context = {
      room: ledger.room,
      epoch,
      previous,
      membership: ledger.membership.hash,
      committer: device,
    };
    const made = await makeEpoch(context, recipients, (key) => this.#import(key));
    await this.#stage(ledger.room, id, made.wraps);
    const envelope = await signPlain(KIND.commit, header, encodeCommit(made.body), deviceKey);
    return { id, envelope, secret: made.secret, hash: await envelopeDigest(envelope) };
  }

  async #stage(
    room: Bytes,
    id: Bytes,
    wraps: readonly { device: Bytes; keyId: Bytes; wrap: Bytes }[],
  ): Promise<void> {
    const onWire = wraps.map((w) => ({ device: b64(w.device), keyId: b64(w.keyId), wrap: b64(w.wrap) }));
    for (let i = 0; i < onWire.length; i += LIMITS.wrapsPerChunk) {
      const chunk = onWire.slice(i, i + LIMITS.wrapsPerChunk);
      await this.#parts.wire.call('wraps.stage', { room: b64(room), commit: b64(id), wraps: chunk });
    }
  }

  #import(recipient: RecipientKey): Promise<CryptoKey | null> {
    const name = hex(recipient.keyId);
    const known = this.#imported.get(name);
    if (known !== undefined) return known;
    const key = importWrapKey(recipient.spki);
    this.#imported.set(name, key);
    return key;
  }
}
