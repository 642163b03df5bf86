/** Reading rooms: entries, heads, checkpoints, members, invites. */
import type { Bytes, Role } from '@sotto/protocol';
import type { LogEntry, Membership, RoomState } from '../store.ts';
import { buffer, own, pairs } from './bytes.ts';
import type { Keys } from './keys.ts';
import type { Link } from './link.ts';

/** Of one call. Redis takes about 15 µs for a digest, as XRANGE brings the envelope too, and serves nobody else meanwhile. */
const DIGEST_PAGE = 256;
const STATEMENT_PAGE = 128;

type Entry = [seq: number, at: number, bytes: Buffer, digest: Buffer];

const toEntries = (reply: unknown): LogEntry[] =>
  (reply as Entry[]).map(([seq, at, bytes, digest]) => ({
    seq,
    at,
    bytes: own(bytes),
    digest: own(digest),
  }));

const memberForm = /^(\S+) (\d+) (\d+) (\d+)$/;

function membershipFrom(room: Bytes, value: Buffer): Membership {
  const [, role, since, until, cursor] = memberForm.exec(value.toString('latin1')) ?? [];
  return {
    room,
    role: role === '-' ? null : (role as Role),
    since: Number(since),
    until: until === '0' ? null : Number(until),
    cursor: Number(cursor),
  };
}

export class Rooms {
  readonly #link: Link;
  readonly #keys: Keys;

  constructor(link: Link, keys: Keys) {
    this.#link = link;
    this.#keys = keys;
  }

  async read(room: Bytes, from: number, limit: number, maxBytes: number): Promise<LogEntry[]> {
    return toEntries(
      await this.#link.fcallRead('read_entries', [this.#keys.log(room)], [from, limit, maxBytes]),
    );
  }

  async digests(room: Bytes, from: number, to: number): Promise<Bytes[]> {
    const key = this.#keys.log(room);
    const out: Bytes[] = [];
    for (let at = from; at <= to; at += DIGEST_PAGE) {
      const last = Math.min(to, at + DIGEST_PAGE - 1);
      const page = (await this.#link.fcallRead('read_digests', [key], [at, last])) as Buffer[];
      for (const digest of page) out.push(own(digest));
    }
    return out;
  }

  async statements(room: Bytes, after: number): Promise<LogEntry[]> {
    const keys = [this.#keys.log(room), this.#keys.statements(room)];
    const out: LogEntry[] = [];
    for (;;) {
      const from = out.at(-1)?.seq ?? after;
      const page = toEntries(await this.#link.fcallRead('read_statements', keys, [from, STATEMENT_PAGE]));
      out.push(...page);
      if (page.length < STATEMENT_PAGE) return out;
    }
  }

  async state(room: Bytes): Promise<RoomState | null> {
    const fields = ['head', 'epoch', 'commit', 'commit_at', 'commit_seq', 'membership', 'due'];
    const found = await this.#link.call('HMGET', this.#keys.room(room), ...fields);
    const [head, epoch, commit, commitAt, commitSeq, membership, due] = found as Buffer[];
    if (!head || !commit || !membership) return null;
    return {
      head: Number(head),
      epoch: Number(epoch),
      commitHash: own(commit),
      commitAt: Number(commitAt),
      commitSeq: Number(commitSeq),
      membershipHash: own(membership),
      epochDue: String(due) === '1',
    };
  }

  async heads(rooms: readonly Bytes[]): Promise<number[]> {
    const heads = await Promise.all(
      rooms.map((room) => this.#link.call('HGET', this.#keys.room(room), 'head')),
    );
    return heads.map((head) => Number(head ?? 0));
  }

  async checkpoint(room: Bytes, seq: number, chain: Bytes): Promise<Bytes> {
    const key = this.#keys.checkpoints(room);
    return own((await this.#link.fcall('set_checkpoint', [key], [seq, buffer(chain)])) as Buffer);
  }

  async checkpointBelow(room: Bytes, seq: number): Promise<{ seq: number; chain: Bytes } | null> {
    const range = [this.#keys.checkpoints(room), seq, '-inf', 'BYSCORE', 'REV', 'LIMIT', 0, 1] as const;
    const [found] = (await this.#link.call('ZRANGE', ...range)) as Buffer[];
    if (found === undefined) return null;
    return { seq: Number(found.subarray(0, -33).toString('latin1')), chain: own(found.subarray(-32)) };
  }

  async membership(room: Bytes, account: Bytes): Promise<Membership | null> {
    const value = await this.#link.call('HGET', this.#keys.members(room), buffer(account));
    return value === null ? null : membershipFrom(room, value as Buffer);
  }

  async memberships(account: Bytes): Promise<Membership[]> {
    const lists = await Promise.all(
      this.#keys.all.map((shard) => this.#link.call('SMEMBERS', this.#keys.rooms(shard, account))),
    );
    const rooms = (lists as Buffer[][]).flat().map(own);
    const found = await Promise.all(rooms.map((room) => this.membership(room, account)));
    return found.filter((membership) => membership !== null);
  }

  async members(room: Bytes): Promise<{ account: Bytes; role: Role }[]> {
    const all = pairs((await this.#link.call('HGETALL', this.#keys.members(room))) as Buffer[]);
    const members: { account: Bytes; role: Role }[] = [];
    for (const [account, value] of all.sort(([a], [b]) => a.compare(b))) {
      const { role } = membershipFrom(room, value);
      if (role !== null) members.push({ account: own(account), role });
    }
    return members;
  }

  async invite(invite: Bytes, now: number): Promise<Bytes | null> {
    const found = (await Promise.all(
      this.#keys.all.map((shard) => this.#link.call('GET', this.#keys.invite(shard, invite))),
    )) as (Buffer | null)[];
    const value = found.find((one) => one !== null);
    if (!value || Number(value.subarray(16).toString('latin1')) < now) return null;
    return own(value.subarray(0, 16));
  }

  async setCursor(room: Bytes, account: Bytes, seq: number): Promise<void> {
    await this.#link.fcall('set_cursor', [this.#keys.members(room)], [buffer(account), seq]);
  }
}
