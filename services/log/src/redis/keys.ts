/**
 * Names of the keys in Redis, and the shard that each lies in. A name begins with its shard's hash tag, `{sotto:0}`: a
 * shard's rooms and its bus share one slot of a Redis Cluster, so one call may touch all of them. What lies under each name is
 * told in `sotto_v1.lua`.
 *
 * Rooms go to the shard that their id gives. Accounts, handles, chains and backups are at home in shard 0, so that signing
 * up, which claims a handle, is one call. An append must know of its sender's devices and of chain positions in its own
 * slot: every other shard keeps a copy of these two (`account-copies.ts`); with one shard there are no copies.
 * Invites and the list of an account's rooms are kept in the shard of the room, and looked up in all of them.
 */
import { type Bytes, hex } from '@sotto/protocol';

export const HOME = 0;

export class Keys {
  readonly shards: number;
  readonly #namespace: string;

  /** `shards` never changes in a store's life: it decides where its rooms are. */
  constructor(namespace: string, shards: number) {
    this.#namespace = namespace;
    this.shards = shards;
  }

  shardOf(room: Bytes): number {
    // The last bytes: the first ones of a UUIDv7 are the time.
    return new DataView(room.buffer, room.byteOffset, room.byteLength).getUint32(12) % this.shards;
  }

  get all(): number[] {
    return Array.from({ length: this.shards }, (_, shard) => shard);
  }

  #in(shard: number, name: string): string {
    return `{${this.#namespace}:${shard}}${name}`;
  }

  #ofRoom(room: Bytes, name: string, rest = ''): string {
    return this.#in(this.shardOf(room), `${name}:${hex(room)}${rest}`);
  }

  room = (room: Bytes): string => this.#ofRoom(room, 'room');
  log = (room: Bytes): string => this.#ofRoom(room, 'log');
  ids = (room: Bytes): string => this.#ofRoom(room, 'ids');
  writers = (room: Bytes): string => this.#ofRoom(room, 'writers');
  members = (room: Bytes): string => this.#ofRoom(room, 'members');
  statements = (room: Bytes): string => this.#ofRoom(room, 'statements');
  checkpoints = (room: Bytes): string => this.#ofRoom(room, 'checkpoints');
  wraps = (room: Bytes, epoch: number): string => this.#ofRoom(room, 'wraps', `:${epoch}`);
  staged = (room: Bytes): string => this.#ofRoom(room, 'staged');
  stagedWraps = (room: Bytes, commit: Bytes, device: Bytes): string =>
    this.#ofRoom(room, 'staged', `:${hex(commit)}:${hex(device)}`);

  bus = (shard: number): string => this.#in(shard, 'bus');
  invite = (shard: number, invite: Bytes): string => this.#in(shard, `invite:${hex(invite)}`);
  rooms = (shard: number, account: Bytes): string => this.#in(shard, `rooms:${hex(account)}`);
  account = (shard: number, account: Bytes): string => this.#in(shard, `account:${hex(account)}`);
  devices = (shard: number, account: Bytes): string => this.#in(shard, `devices:${hex(account)}`);

  chain = (account: Bytes): string => this.#in(HOME, `chain:${hex(account)}`);
  handle = (handleIndex: Bytes): string => this.#in(HOME, `handle:${hex(handleIndex)}`);
  backup = (account: Bytes): string => this.#in(HOME, `backup:${hex(account)}`);
  pending = (): string => this.#in(HOME, 'pending');
  store = (): string => this.#in(HOME, 'store');
  ping = (): string => this.#in(HOME, 'ping');
}
