/** Wraps: staged beside a commit that is on its way, and kept for the epochs that were made. */
import { type Bytes, concat, type Wrap } from '@sotto/protocol';
import { buffer, own, pairs } from './bytes.ts';
import type { Keys } from './keys.ts';
import type { Link } from './link.ts';

const STAGED_FOR_MS = 3_600_000;
const KEY_ID_BYTES = 16;

/** In ascending order of the recipient's device id. */
const toWraps = (flat: Buffer[]): Wrap[] =>
  pairs(flat)
    .sort(([a], [b]) => a.compare(b))
    .map(([device, value]) => ({
      device: own(device),
      keyId: own(value.subarray(0, KEY_ID_BYTES)),
      wrap: own(value.subarray(KEY_ID_BYTES)),
    }));

export class Wraps {
  readonly #link: Link;
  readonly #keys: Keys;

  constructor(link: Link, keys: Keys) {
    this.#link = link;
    this.#keys = keys;
  }

  async stage(room: Bytes, commit: Bytes, device: Bytes, wraps: readonly Wrap[], now: number): Promise<void> {
    if (wraps.length === 0) return;
    const keys = [this.#keys.stagedWraps(room, commit, device), this.#keys.staged(room)];
    const values = wraps.flatMap((w) => [buffer(w.device), buffer(concat(w.keyId, w.wrap))]);
    await this.#link.fcall('stage_wraps', keys, [
      buffer(concat(commit, device)),
      now,
      STAGED_FOR_MS,
      ...values,
    ]);
  }

  async staged(room: Bytes, commit: Bytes, device: Bytes): Promise<Wrap[]> {
    const keys = [this.#keys.stagedWraps(room, commit, device), this.#keys.staged(room)];
    return toWraps(
      (await this.#link.fcallRead('staged_wraps', keys, [buffer(concat(commit, device))])) as Buffer[],
    );
  }

  async ofEpoch(room: Bytes, epoch: number): Promise<Wrap[]> {
    return toWraps((await this.#link.call('HGETALL', this.#keys.wraps(room, epoch))) as Buffer[]);
  }
}
