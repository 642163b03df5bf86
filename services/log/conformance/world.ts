/** Accounts, rooms and requests for the suite: the store never looks inside an envelope, so random bytes serve. */
import { type Bytes, type CommitBody, KIND, randomBytes, sha256, zeros } from '@sotto/protocol';
import type { AppendRequest, AppendResult, Effect, Store } from '../src/store.ts';

export interface Person {
  readonly account: Bytes;
  readonly device: Bytes;
}

/** An account with one live device and a chain of `statements` statements. */
export async function person(store: Store, statements = 3): Promise<Person> {
  const account = randomBytes(16);
  const device = randomBytes(16);
  const made = await store.createAccount({
    account,
    handleIndex: randomBytes(32),
    sealedHandle: randomBytes(40),
    statements: Array.from({ length: statements }, () => ({
      bytes: randomBytes(64),
      signature: randomBytes(384),
    })),
    effects: [{ type: 'device.add', device, spki: randomBytes(422) }, { type: 'key.publish' }],
    backup: { method: { method: 'phrase' }, authHash: 'scrypt$x', wrapped: randomBytes(60) },
    items: [],
  });
  if (!made.ok) throw new Error(made.code);
  return { account, device };
}

/** What one room's members keep in mind to make requests that are accepted. */
export class Room {
  readonly store: Store;
  readonly room = randomBytes(16);
  epoch = 0;
  commitHash: Bytes = zeros(32);
  membershipHash: Bytes = zeros(32);
  now = 1_800_000_000_000;
  readonly #writers = new Map<string, { seq: number; digest: Bytes }>();

  constructor(store: Store) {
    this.store = store;
  }

  /** The next request of this device; `change` overrides any part of it. */
  async request(who: Person, effect: Effect, change: Partial<AppendRequest> = {}): Promise<AppendRequest> {
    const kinds = {
      message: KIND.message,
      commit: KIND.commit,
      membership: KIND.membership,
      history: KIND.history,
    };
    const last = this.#writers.get(String(who.device)) ?? { seq: 0, digest: zeros(32) };
    const envelope = randomBytes(700);
    const commits = effect.type === 'commit';
    return {
      room: this.room,
      kind: kinds[effect.type],
      epoch: commits ? effect.body.epoch : this.epoch,
      commit: this.commitHash.slice(0, 16),
      account: who.account,
      device: who.device,
      deviceSeq: last.seq + 1,
      id: randomBytes(16),
      previous: last.digest,
      bytes: envelope,
      digest: await sha256(envelope),
      signatureValid: true,
      now: this.now,
      position: 0,
      effect,
      ...change,
    };
  }

  /** Appends and, where newly accepted, remembers what follows from it. */
  async append(request: AppendRequest): Promise<AppendResult> {
    const result = await this.store.append(request);
    if (result.ok && !result.duplicate) this.took(request);
    return result;
  }

  /** Remembers what follows from a request that stands in the log. */
  took(request: AppendRequest): void {
    this.#writers.set(String(request.device), { seq: request.deviceSeq, digest: request.digest });
    if (request.effect.type === 'membership') this.membershipHash = request.digest;
    if (request.effect.type === 'commit') {
      this.epoch = request.effect.body.epoch;
      this.commitHash = request.digest;
    }
  }

  async send(who: Person, change: Partial<AppendRequest> = {}): Promise<AppendResult> {
    return this.append(await this.request(who, { type: 'message' }, change));
  }

  membership(change: Partial<Extract<Effect, { type: 'membership' }>> = {}): Effect {
    return {
      type: 'membership',
      prev: this.membershipHash,
      creates: false,
      epochDue: true,
      members: [],
      invites: [],
      joinsBy: null,
      ...change,
    };
  }

  async create(owner: Person): Promise<AppendResult> {
    const members = [{ account: owner.account, role: 'owner' as const, chainSeq: 3 }];
    return this.append(await this.request(owner, this.membership({ creates: true, members })));
  }

  async add(by: Person, who: Person): Promise<AppendResult> {
    const members = [{ account: who.account, role: 'member' as const, chainSeq: 3 }];
    return this.append(await this.request(by, this.membership({ members })));
  }

  async remove(by: Person, who: Person): Promise<AppendResult> {
    const members = [{ account: who.account, role: null, chainSeq: null }];
    return this.append(await this.request(by, this.membership({ members })));
  }

  commitBody(count: number, change: Partial<CommitBody> = {}): CommitBody {
    const { epoch, commitHash, membershipHash } = this;
    const hashes = { root: randomBytes(32), commitment: randomBytes(32) };
    return {
      epoch: epoch + 1,
      previous: commitHash,
      membership: membershipHash,
      count,
      ...hashes,
      ...change,
    };
  }

  /** Stages a wrap for each recipient and commits. */
  async commit(
    by: Person,
    recipients: readonly Person[],
    change: Partial<CommitBody> = {},
  ): Promise<AppendResult> {
    const effect: Effect = {
      type: 'commit',
      body: this.commitBody(recipients.length, change),
      chains: recipients.map(({ account }) => ({ account, seq: 3 })),
    };
    const request = await this.request(by, effect);
    await this.stage(request, recipients);
    return this.append(request);
  }

  stage(request: AppendRequest, recipients: readonly Person[]): Promise<void> {
    const wraps = recipients.map(({ device }) => ({
      device,
      keyId: randomBytes(16),
      wrap: randomBytes(384),
    }));
    return this.store.stageWraps(this.room, request.id, request.device, wraps, this.now);
  }
}

export const codeOf = (result: AppendResult | { ok: boolean; code?: string }): string =>
  result.ok ? 'ok' : String((result as { code?: string }).code);
