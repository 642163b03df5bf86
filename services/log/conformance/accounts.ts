/** Accounts: handles, key chains, devices, backups. */
import { randomBytes } from '@sotto/protocol';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { NewAccount, Store } from '../src/store.ts';
import { codeOf, person, Room } from './world.ts';

const statement = () => ({ bytes: randomBytes(60), signature: randomBytes(384) });

const newAccount = (change: Partial<NewAccount> = {}): NewAccount => ({
  account: randomBytes(16),
  handleIndex: randomBytes(32),
  sealedHandle: randomBytes(40),
  statements: [statement()],
  effects: [],
  backup: {
    method: { method: 'passphrase', salt: 'AAAA', memoryKiB: 65536, passes: 3 },
    authHash: 'scrypt$x',
    wrapped: randomBytes(60),
  },
  items: [{ name: 'account-key', sealed: randomBytes(20) }],
  ...change,
});

/** `open` gives a fresh, empty store for each test. */
export function describeAccounts(name: string, open: () => Promise<Store>): void {
  describe(`${name}: accounts`, () => {
    let store: Store;
    beforeEach(async () => {
      store = await open();
    });
    afterEach(() => store.close());

    test('a handle belongs to one account, an account is made once, and a refusal leaves nothing', async () => {
      const first = newAccount();
      expect(await store.createAccount(first)).toEqual({ ok: true });
      const taken = newAccount({ handleIndex: first.handleIndex });
      expect(codeOf(await store.createAccount(taken))).toBe('handle_taken');
      expect(codeOf(await store.createAccount(newAccount({ account: first.account })))).toBe('chain_stale');
      expect(await store.accounts([first.account, taken.account])).toEqual([
        { account: first.account, sealedHandle: first.sealedHandle, chainSeq: 1 },
        null,
      ]);
      expect(await store.accountByHandle(first.handleIndex)).toEqual(first.account);
      expect(await store.accountByHandle(randomBytes(32))).toBeNull();
    });

    test('two sign-ups for one handle at once: one wins', async () => {
      const handleIndex = randomBytes(32);
      const both = [newAccount({ handleIndex }), newAccount({ handleIndex })];
      const codes = (await Promise.all(both.map((a) => store.createAccount(a)))).map(codeOf);
      expect(codes.sort()).toEqual(['handle_taken', 'ok']);
    });

    test('a chain grows by one at its end alone', async () => {
      const { account } = await person(store);
      const next = statement();
      expect(codeOf(await store.extendChain(account, 5, next, { type: 'key.publish' }))).toBe('chain_stale');
      expect(codeOf(await store.extendChain(account, 4, next, { type: 'key.publish' }))).toBe('ok');
      expect(codeOf(await store.extendChain(account, 4, statement(), { type: 'key.publish' }))).toBe(
        'chain_stale',
      );
      expect(await store.chain(account, 4, 10)).toEqual([next]);
      expect(await store.chain(account, 1, 2)).toHaveLength(2);
    });

    test('a revoked device is known and not live, and may not append', async () => {
      const one = await person(store);
      const room = new Room(store);
      await room.create(one);
      await store.extendChain(one.account, 4, statement(), { type: 'device.revoke', device: one.device });
      expect((await store.device(one.account, one.device))?.live).toBe(false);
      expect(await store.device(one.account, randomBytes(16))).toBeNull();
      expect(codeOf(await room.commit(one, [one]))).toBe('device_revoked');
    });

    test('backups are kept, items replaced by name and paged in order', async () => {
      const a = newAccount();
      await store.createAccount(a);
      expect(await store.backup(a.account)).toEqual(a.backup);
      expect(await store.backup(randomBytes(16))).toBeNull();
      const names = ['epoch/1', 'epoch/2', 'room/x'];
      await store.putBackupItems(
        a.account,
        names.map((name) => ({ name, sealed: randomBytes(8) })),
      );
      const newer = { name: 'epoch/2', sealed: randomBytes(9) };
      await store.putBackupItems(a.account, [newer]);
      expect((await store.backupItems(a.account, '', 2)).map((i) => i.name)).toEqual([
        'account-key',
        'epoch/1',
      ]);
      expect(await store.backupItems(a.account, 'epoch/1', 1)).toEqual([newer]);
    });

    test('wraps staged again are harmless, and those of a commit never made are dropped', async () => {
      const [room, commit, device] = [randomBytes(16), randomBytes(16), randomBytes(16)];
      const wrap = { device: randomBytes(16), keyId: randomBytes(16), wrap: randomBytes(384) };
      await store.stageWraps(room, commit, device, [wrap], 1000);
      await store.stageWraps(room, commit, device, [wrap], 1000);
      expect(await store.stagedWraps(room, commit, device)).toEqual([wrap]);
      await store.stageWraps(room, randomBytes(16), device, [wrap], 1001 + 3_600_000);
      expect(await store.stagedWraps(room, commit, device)).toEqual([]);
    });

    test('it answers a ping and has a generation', async () => {
      await store.ping();
      expect(store.generation.length).toBeGreaterThan(15);
    });
  });
}
