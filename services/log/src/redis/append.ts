/** An append as a function call: its keys and arguments by position, as `sotto_v1.lua` documents them. */
import { type ErrorCode, isErrorCode, LIMITS } from '@sotto/protocol';
import type { AppendRequest, AppendResult, Effect } from '../store.ts';
import { buffer, flag, own } from './bytes.ts';
import type { Keys } from './keys.ts';
import type { Argument, Link } from './link.ts';

/** A replica that is further behind reads them in pages: one call must not hold up all others. */
const DIGESTS_MAX = 256;

interface Parts {
  readonly link: Link;
  readonly keys: Keys;
  readonly busEntries: number;
}

interface Call {
  readonly name: string;
  readonly keys: string[];
  readonly args: Argument[];
}

function common({ keys, busEntries }: Parts, r: AppendRequest): { keys: string[]; args: Argument[] } {
  const shard = keys.shardOf(r.room);
  return {
    keys: [
      keys.room(r.room),
      keys.log(r.room),
      keys.ids(r.room),
      keys.writers(r.room),
      keys.members(r.room),
      keys.statements(r.room),
      keys.bus(shard),
      keys.devices(shard, r.account),
    ],
    args: [
      ...[r.room, r.id, r.digest, r.bytes].map(buffer),
      r.kind,
      r.epoch,
      ...[r.commit, r.account, r.device].map(buffer),
      r.deviceSeq,
      buffer(r.previous),
      flag(r.signatureValid),
      r.now,
      r.position,
      DIGESTS_MAX,
      busEntries,
      LIMITS.epochMessages,
      LIMITS.epochAgeMs,
    ],
  };
}

type EffectOf<T extends Effect['type']> = Extract<Effect, { type: T }>;

function membership(keys: Keys, r: AppendRequest, effect: EffectOf<'membership'>): Call {
  const shard = keys.shardOf(r.room);
  const invites = effect.invites.map(({ invite }) => invite);
  if (effect.joinsBy !== null) invites.push(effect.joinsBy);
  return {
    name: 'append_membership',
    keys: [
      ...effect.members.map(({ account }) => keys.rooms(shard, account)),
      ...invites.map((invite) => keys.invite(shard, invite)),
    ],
    args: [
      buffer(effect.prev),
      flag(effect.creates),
      flag(effect.epochDue),
      effect.members.length,
      effect.invites.length,
      flag(effect.joinsBy !== null),
      ...effect.members.flatMap(({ account, role }) => [buffer(account), role ?? '']),
      ...effect.invites.map(({ expiresAt }) => expiresAt ?? ''),
    ],
  };
}

function commit(keys: Keys, r: AppendRequest, { body, chains }: EffectOf<'commit'>): Call {
  const shard = keys.shardOf(r.room);
  return {
    name: 'append_commit',
    keys: [
      keys.stagedWraps(r.room, r.id, r.device),
      keys.staged(r.room),
      keys.wraps(r.room, body.epoch),
      ...chains.map(({ account }) => keys.account(shard, account)),
    ],
    args: [
      body.epoch,
      buffer(body.previous),
      buffer(body.membership),
      body.count,
      ...chains.map(({ seq }) => seq),
    ],
  };
}

function effectCall(keys: Keys, r: AppendRequest): Call {
  const { effect } = r;
  switch (effect.type) {
    case 'message':
      return { name: 'append_message', keys: [], args: [] };
    case 'history':
      return { name: 'append_history', keys: [], args: [buffer(effect.to), effect.since] };
    case 'membership':
      return membership(keys, r, effect);
    case 'commit':
      return commit(keys, r, effect);
  }
}

export async function append(parts: Parts, r: AppendRequest): Promise<AppendResult> {
  const shared = common(parts, r);
  const own = effectCall(parts.keys, r);
  const call = [own.name, [...shared.keys, ...own.keys], [...shared.args, ...own.args]] as const;
  return resultOf((await parts.link.fcall(...call)) as Reply);
}

type Reply = [ok: Buffer, seq: number, at: number, duplicate: number, digests: Buffer[]];

function resultOf(reply: Reply): AppendResult {
  const refusal = refusalOf(reply);
  if (refusal !== null) return refusal;
  const [, seq, at, duplicate, digests] = reply;
  return { ok: true, seq, at, duplicate: duplicate === 1, digests: digests.map(own) };
}

/** null for `{'ok', ...}`. */
export function refusalOf(reply: readonly unknown[]): { ok: false; code: ErrorCode; detail?: string } | null {
  const code = String(reply[0]);
  if (code === 'ok') return null;
  if (!isErrorCode(code)) throw new Error(`the library answered ${code}`);
  return reply[1] === undefined ? { ok: false, code } : { ok: false, code, detail: String(reply[1]) };
}
