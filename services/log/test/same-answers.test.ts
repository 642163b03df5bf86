/** Whatever is asked of them, SQLite and Redis give the same answers: codes, details, and what is read afterwards. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Bytes, hex, LIMITS, randomBytes, zeros } from '@sotto/protocol';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Person, Room } from '../conformance/world.ts';
import { openRedisStore, openSqliteStore } from '../src/index.ts';
import type { AppendRequest, Effect, NewAccount, Store } from '../src/store.ts';
import { RedisServer } from '../testing/redis-server.ts';

const STEPS = 1200;

let server: RedisServer;
const folder = mkdtempSync(join(tmpdir(), 'sotto-same-'));
beforeAll(async () => {
  server = await RedisServer.start();
});
afterAll(async () => {
  await server.remove();
  rmSync(folder, { recursive: true });
});

/** mulberry32: a failure is repeated by its seed. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

const statement = () => ({ bytes: randomBytes(64), signature: randomBytes(384) });

class Both {
  readonly stores: readonly [Store, Store];

  constructor(sqlite: Store, redis: Store) {
    this.stores = [sqlite, redis];
  }

  /** Asks both and gives the answer, which must be one and the same. */
  async ask<T>(question: (store: Store) => Promise<T>): Promise<T> {
    const [first, second] = await Promise.all(this.stores.map(question));
    expect(second).toEqual(first);
    return first as T;
  }
}

async function account(both: Both): Promise<Person> {
  const [id, device] = [randomBytes(16), randomBytes(16)];
  const made: NewAccount = {
    account: id,
    handleIndex: randomBytes(32),
    sealedHandle: randomBytes(40),
    statements: [statement(), statement(), statement()],
    effects: [{ type: 'device.add', device, spki: randomBytes(422) }, { type: 'key.publish' }],
    backup: { method: { method: 'phrase' }, authHash: 'scrypt$x', wrapped: randomBytes(60) },
    items: [{ name: 'account-key', sealed: randomBytes(20) }],
  };
  expect(await both.ask((store) => store.createAccount(made))).toEqual({ ok: true });
  return { account: id, device };
}

test.each([1, 2, 3])('the same %i', async (seed) => {
  const draw = random(seed);
  const pick = <T>(list: readonly T[]): T => list[draw(list.length)] as T;
  const redis = await openRedisStore({ url: server.url, namespace: `same${seed}` });
  const both = new Both(await openSqliteStore(join(folder, `${seed}.db`)), redis);
  const people: Person[] = [];
  for (let i = 0; i < 4; i++) people.push(await account(both));
  const lengths = new Map(people.map((one) => [one, 3]));
  const invites = [randomBytes(16), randomBytes(16)];
  const rooms = [new Room(both.stores[0]), new Room(both.stores[0])];
  const sent: AppendRequest[] = [];
  const codes = new Map<string, number>();

  const membership = (room: Room): Effect => {
    const changes = people.filter(() => draw(3) === 0);
    return room.membership({
      creates: draw(12) === 0,
      epochDue: draw(3) > 0,
      prev: draw(12) === 0 ? zeros(32) : room.membershipHash,
      members: changes.map(({ account }) => {
        const role = pick(['owner', 'admin', 'member', 'member', null] as const);
        return { account, role, chainSeq: null };
      }),
      invites: invites
        .filter(() => draw(4) === 0)
        .map((invite) => ({ invite, expiresAt: draw(2) === 0 ? null : room.now + draw(2000) })),
      joinsBy: draw(3) === 0 ? pick(invites) : null,
    });
  };

  const commit = (room: Room): Effect => {
    const recipients = people.filter(() => draw(2) === 0);
    const change = draw(10) === 0 ? { epoch: room.epoch + draw(3) } : {};
    const off = draw(10) === 0 ? 1 : 0;
    const chains = recipients.map((one) => ({
      account: one.account,
      seq: (lengths.get(one) ?? 0) - (draw(20) === 0 ? 1 : 0),
    }));
    return { type: 'commit', body: room.commitBody(recipients.length + off, change), chains };
  };

  const effectOf = (room: Room): Effect => {
    if (room.membershipHash.every((byte) => byte === 0)) {
      const members = [{ account: (people[0] as Person).account, role: 'owner' as const, chainSeq: 3 }];
      return room.membership({ creates: draw(4) > 0, members });
    }
    const kind = draw(10);
    if (kind < 5) return { type: 'message' };
    if (kind < 7) return membership(room);
    if (kind < 9) return commit(room);
    return { type: 'history', to: pick(people).account, since: 1 + draw(9) };
  };

  const flaws = (): Partial<AppendRequest> =>
    pick<() => Partial<AppendRequest>>([
      () => ({ signatureValid: false }),
      () => ({ deviceSeq: 1 + draw(5) }),
      () => ({ previous: zeros(32) }),
      () => ({ device: randomBytes(16) }),
      () => ({ epoch: draw(4) }),
      () => ({ commit: randomBytes(16) }),
    ])();

  const step = async (): Promise<void> => {
    const room = pick(rooms);
    room.now += draw(40) === 0 ? LIMITS.epochAgeMs : draw(500);
    if (sent.length > 0 && draw(12) === 0) {
      const again = pick(sent);
      const change: Partial<AppendRequest> = draw(3) === 0 ? { digest: randomBytes(32) } : {};
      await both.ask((store) => store.append({ ...again, ...change, signatureValid: false }));
      return;
    }
    const who = draw(3) === 0 ? pick(people) : (people[0] as Person);
    if (draw(5) === 0) {
      const [seq, later, invite] = [draw(20), draw(3000), pick(invites)];
      await both.ask((store) => store.setCursor(room.room, who.account, seq));
      await both.ask((store) => store.membership(room.room, who.account));
      await both.ask((store) => store.invite(invite, room.now + later));
      return;
    }
    if (draw(60) === 0) {
      const [next, added] = [(lengths.get(who) ?? 0) + draw(2), randomBytes(16)];
      const effect = { type: 'device.add', device: added, spki: randomBytes(422) } as const;
      const made = statement();
      const result = await both.ask((store) => store.extendChain(who.account, next, made, effect));
      if (result.ok) lengths.set(who, next);
      return;
    }
    const effect = effectOf(room);
    const position = Math.max(0, ((await both.ask((store) => store.heads([room.room])))[0] ?? 0) - draw(6));
    const change = draw(8) === 0 ? flaws() : {};
    const request = await room.request(who, effect, { position, ...change });
    if (effect.type === 'commit') {
      const count = draw(12) === 0 ? effect.body.count + 1 : effect.chains.length;
      const wraps = Array.from({ length: count }, () => ({
        device: randomBytes(16),
        keyId: randomBytes(16),
        wrap: randomBytes(384),
      }));
      await both.ask((store) => store.stageWraps(room.room, request.id, request.device, wraps, room.now));
      await both.ask((store) => store.stagedWraps(room.room, request.id, request.device));
    }
    const result = await both.ask((store) => store.append(request));
    const name = result.ok ? effect.type : `${result.code} ${result.detail ?? ''}`.replace(/\d+/, 'n').trim();
    codes.set(name, (codes.get(name) ?? 0) + 1);
    if (!result.ok) return;
    room.took(request);
    sent.push(request);
  };

  for (let i = 0; i < STEPS; i++) await step();

  const sorted = <T extends { room: Bytes }>(list: T[]) =>
    list.sort((a, b) => (hex(a.room) < hex(b.room) ? -1 : 1));
  for (const { room, epoch, now } of rooms) {
    await both.ask((store) => store.room(room));
    await both.ask((store) => store.read(room, 1, 10_000, 1e9));
    await both.ask((store) => store.statements(room, 2));
    await both.ask((store) => store.members(room));
    for (const invite of invites) await both.ask((store) => store.invite(invite, now));
    for (let e = 0; e <= epoch + 1; e++) await both.ask((store) => store.wraps(room, e));
  }
  for (const one of people) {
    await both.ask(async (store) => sorted(await store.memberships(one.account)));
    await both.ask((store) => store.chain(one.account, 2, 3));
    await both.ask((store) => store.accounts([one.account]));
    await both.ask((store) => store.device(one.account, one.device));
    await both.ask((store) => store.backupItems(one.account, '', 9));
  }
  // The walk must have been to the places that it is about.
  const reached = [
    'message',
    'commit',
    'membership',
    'history',
    'not_member',
    'invite_invalid',
    'commit_stale',
  ];
  for (const name of [
    ...reached,
    'wraps_missing',
    'sequence_gap the next is n',
    'epoch_stale a new epoch is due',
  ])
    expect(codes.get(name) ?? 0, `${name} of ${JSON.stringify([...codes])}`).toBeGreaterThan(0);
  for (const store of both.stores) await store.close();
});
