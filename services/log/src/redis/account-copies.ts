/**
 * What the other shards know of an account: how long its key chain is and which of its devices are live. They learn of a
 * change before it is acknowledged. A change that was stored and not yet learnt everywhere (a replica died in between) stands
 * in `pending`, and every replica finishes such. With one shard there is nothing to do.
 */
import { type Bytes, own } from '@sotto/protocol';
import { buffer, pairs } from './bytes.ts';
import { HOME, type Keys } from './keys.ts';
import type { Link } from './link.ts';

const REPAIR_MS = 5000;

export class AccountCopies {
  readonly #link: Link;
  readonly #keys: Keys;
  readonly #timer: NodeJS.Timeout | null = null;

  constructor(link: Link, keys: Keys) {
    this.#link = link;
    this.#keys = keys;
    if (!this.needed) return;
    this.#timer = setInterval(() => void this.repair().catch(() => undefined), REPAIR_MS);
    this.#timer.unref();
  }

  get needed(): boolean {
    return this.#keys.shards > 1;
  }

  /** Resolves once every shard knows the account as it stands now. */
  async teach(account: Bytes): Promise<void> {
    if (!this.needed) return;
    // The length first: devices that are newer than it do no harm, older ones would pass for current.
    const length = await this.#link.call('HGET', this.#keys.account(HOME, account), 'chain');
    if (length === null) return;
    const devices = (await this.#link.call('HGETALL', this.#keys.devices(HOME, account))) as Buffer[];
    const states = pairs(devices).flatMap(([device, value]) => [device, value.subarray(0, 1)]);
    const others = this.#keys.all.filter((shard) => shard !== HOME);
    await Promise.all(
      others.map((shard) => {
        const keys = [this.#keys.account(shard, account), this.#keys.devices(shard, account)];
        return this.#link.fcall('learn_account', keys, [length as Buffer, ...states]);
      }),
    );
    await this.#link.fcall('account_learnt', [this.#keys.pending()], [buffer(account), length as Buffer]);
  }

  /** Finishes what others left undone. */
  async repair(): Promise<void> {
    const accounts = (await this.#link.call('HKEYS', this.#keys.pending())) as Buffer[];
    for (const account of accounts) await this.teach(own(account));
  }

  close(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
  }
}
