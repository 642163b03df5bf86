/** The log itself: dense sequences, first acks again, the order of refusals, epochs, members. */
import { type Bytes, LIMITS, randomBytes } from '@sotto/protocol';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Effect, Store } from '../src/store.ts';
import { codeOf, type Person, person, Room } from './world.ts';

/** `open` gives a fresh, empty store for each test. */
export function describeLog(name: string, open: () => Promise<Store>): void {
  describe(`${name}: log`, () => {
    let store: Store;
    let alice: Person;
    let bob: Person;
    let room: Room;

    beforeEach(async () => {
      store = await open();
      alice = await person(store);
      bob = await person(store);
      room = new Room(store);
      await room.create(alice);
      await room.commit(alice, [alice]);
    });

    afterEach(() => store.close());

    test('sequences are dense and what was appended is read again, byte for byte', async () => {
      const sent: Bytes[] = [];
      for (let i = 0; i < 10; i++) {
        const request = await room.request(alice, { type: 'message' });
        sent.push(request.bytes);
        expect(await room.append(request)).toMatchObject({ ok: true, seq: 3 + i, duplicate: false });
      }
      const entries = await store.read(room.room, 3, 100, 1e6);
      expect(entries.map((e) => e.seq)).toEqual([3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
      expect(entries.map((e) => e.bytes)).toEqual(sent);
      expect(await store.heads([room.room, randomBytes(16)])).toEqual([12, 0]);
    });

    test('64 writers at once: every sequence once, every entry under the sequence its ack named', async () => {
      const people = await Promise.all(Array.from({ length: 64 }, () => person(store)));
      for (const one of people) await room.add(alice, one);
      await room.commit(alice, [alice, ...people]);
      const before = (await store.heads([room.room]))[0] as number;
      const requests = await Promise.all(people.map((one) => room.request(one, { type: 'message' })));
      const acks = await Promise.all(requests.map((request) => store.append(request)));
      const seqs = acks.map((ack) => (ack.ok ? ack.seq : 0));
      expect([...seqs].sort((a, b) => a - b)).toEqual(people.map((_, i) => before + 1 + i));
      const entries = await store.read(room.room, before + 1, 100, 1e6);
      requests.forEach((request, i) => {
        expect(entries[(seqs[i] as number) - before - 1]?.bytes).toEqual(request.bytes);
      });
    });

    test('the same bytes again get the first ack, whatever has changed since', async () => {
      await room.add(alice, bob);
      await room.commit(alice, [alice, bob]);
      const request = await room.request(bob, { type: 'message' });
      const first = await room.append(request);
      await room.remove(alice, bob);
      await room.commit(alice, [alice]);
      const again = await store.append({ ...request, now: request.now + 5, signatureValid: false });
      expect(again).toMatchObject({ ok: true, duplicate: true, seq: first.ok ? first.seq : 0 });
      const other = await store.append({ ...request, digest: randomBytes(32) });
      expect(codeOf(other)).toBe('id_reused');
    });

    test('an ack brings the digests after the replica position', async () => {
      const sent = [];
      for (let i = 0; i < 3; i++) {
        const request = await room.request(alice, { type: 'message' });
        sent.push(request);
        await room.append(request);
      }
      const next = await room.request(alice, { type: 'message' }, { position: 3 });
      const ack = await room.append(next);
      expect(ack.ok && ack.digests).toEqual([sent[1]?.digest, sent[2]?.digest, next.digest]);
      expect(await store.digests(room.room, 4, 6)).toEqual([sent[1]?.digest, sent[2]?.digest, next.digest]);
    });

    test('refusals come in the order of the port and change nothing', async () => {
      const stranger = await person(store);
      const message: Effect = { type: 'message' };
      const wrong = { epoch: 9, deviceSeq: 7, signatureValid: false };
      const cases: [string, Promise<unknown>][] = [
        ['unknown_room', room.request(stranger, message, { ...wrong, room: randomBytes(16) })],
        ['not_member', room.request(stranger, message, { ...wrong, device: randomBytes(16) })],
        ['unknown_device', room.request(alice, message, { ...wrong, device: randomBytes(16) })],
        ['epoch_stale', room.request(alice, message, wrong)],
        ['sequence_gap', room.request(alice, message, { ...wrong, epoch: 1 })],
        ['sequence_gap', room.request(alice, message, { previous: randomBytes(32), signatureValid: false })],
        ['bad_signature', room.request(alice, message, { signatureValid: false })],
        ['bad_envelope', room.request(alice, room.membership({ creates: true }))],
        [
          'membership_stale',
          room.request(alice, room.membership({ prev: randomBytes(32) }), { deviceSeq: 9 }),
        ],
        ['not_member', room.request(alice, { type: 'history', to: stranger.account, since: 1 })],
        ['not_member', room.request(stranger, room.membership())],
        ['invite_invalid', room.request(stranger, room.membership({ joinsBy: randomBytes(16) }))],
      ];
      for (const [code, request] of cases)
        expect(codeOf(await store.append((await request) as never))).toBe(code);
      expect(await store.heads([room.room])).toEqual([2]);
      expect(codeOf(await room.send(alice))).toBe('ok');
    });

    test('a new epoch is due after a change of members, after enough messages, and after a day of use', async () => {
      await room.add(alice, bob);
      expect((await store.room(room.room))?.epochDue).toBe(true);
      expect(codeOf(await room.send(alice))).toBe('epoch_stale');
      await room.commit(alice, [alice, bob]);
      expect(codeOf(await room.send(alice))).toBe('ok');
      room.now += LIMITS.epochAgeMs + 1;
      expect(codeOf(await room.send(alice))).toBe('epoch_stale');
      await room.commit(alice, [alice, bob]);
      for (let i = 0; i < LIMITS.epochMessages; i++) expect(codeOf(await room.send(alice))).toBe('ok');
      expect(codeOf(await room.send(alice))).toBe('epoch_stale');
    });

    test('one commit wins: the next epoch, this membership, these keys, all wraps', async () => {
      const refused = async (change: object, code: string) =>
        expect(codeOf(await room.commit(alice, [alice], change))).toBe(code);
      await refused({ epoch: 3 }, 'commit_stale');
      await refused({ previous: randomBytes(32) }, 'commit_stale');
      await refused({ membership: randomBytes(32) }, 'membership_stale');
      await refused({ count: 2 }, 'wraps_missing');
      const statement = { bytes: randomBytes(60), signature: randomBytes(384) };
      await store.extendChain(alice.account, 4, statement, { type: 'key.publish' });
      await refused({}, 'keys_stale');
      expect((await store.wraps(room.room, 1)).map((w) => w.device)).toEqual([alice.device]);
      expect(await store.wraps(room.room, 2)).toEqual([]);
    });

    test('members: since, until, coming back, and history given to them', async () => {
      await room.add(alice, bob);
      expect(await store.membership(room.room, bob.account)).toMatchObject({
        role: 'member',
        since: 3,
        until: null,
      });
      await room.remove(alice, bob);
      expect(await store.membership(room.room, bob.account)).toMatchObject({
        role: null,
        since: 3,
        until: 4,
      });
      expect((await store.members(room.room)).map((m) => m.account)).toEqual([alice.account]);
      expect(codeOf(await room.send(bob))).toBe('not_member');
      await room.add(alice, bob);
      expect(await store.membership(room.room, bob.account)).toMatchObject({
        role: 'member',
        since: 5,
        until: null,
      });
      await room.append(await room.request(alice, { type: 'history', to: bob.account, since: 2 }));
      expect(await store.membership(room.room, bob.account)).toMatchObject({ since: 2 });
      await store.setCursor(room.room, bob.account, 5);
      await store.setCursor(room.room, bob.account, 4);
      expect((await store.memberships(bob.account))[0]?.cursor).toBe(5);
    });

    test('an invite lets in until it ends', async () => {
      const invite = randomBytes(16);
      const expiresAt = room.now + 1000;
      await room.append(
        await room.request(alice, room.membership({ epochDue: false, invites: [{ invite, expiresAt }] })),
      );
      expect(await store.invite(invite, room.now)).toEqual(room.room);
      expect(await store.invite(invite, expiresAt + 1)).toBeNull();
      const members = [{ account: bob.account, role: 'member' as const, chainSeq: 3 }];
      const used = [{ invite, expiresAt: null }];
      const join = () => room.request(bob, room.membership({ joinsBy: invite, members, invites: used }));
      expect(codeOf(await store.append({ ...(await join()), now: expiresAt + 1 }))).toBe('invite_invalid');
      expect(codeOf(await room.append(await join()))).toBe('ok');
      expect(await store.invite(invite, room.now)).toBeNull();
    });

    test('reads are bounded but always move on; statements and checkpoints are found', async () => {
      for (let i = 0; i < 5; i++) await room.send(alice);
      expect(await store.read(room.room, 1, 3, 1e6)).toHaveLength(3);
      expect(await store.read(room.room, 1, 100, 1)).toHaveLength(1);
      expect(await store.read(room.room, 1, 100, 1500)).toHaveLength(2);
      expect(await store.read(room.room, 8, 100, 1e6)).toEqual([]);
      expect((await store.statements(room.room, 0)).map((e) => e.seq)).toEqual([1, 2]);
      expect((await store.statements(room.room, 1)).map((e) => e.seq)).toEqual([2]);
      const chain = randomBytes(32);
      expect(await store.checkpoint(room.room, 4, chain)).toEqual(chain);
      expect(await store.checkpoint(room.room, 4, randomBytes(32))).toEqual(chain);
      expect(await store.checkpointBelow(room.room, 3)).toBeNull();
      expect(await store.checkpointBelow(room.room, 7)).toEqual({ seq: 4, chain });
    });

    test('subscribers hear of each append, not of a refusal nor of a first ack given again', async () => {
      const heard: number[] = [];
      // What was appended just before may be heard of too.
      const stop = store.subscribe((_room, head) => head > 2 && heard.push(head));
      const request = await room.request(alice, { type: 'message' });
      await room.append(request);
      await store.append(request);
      await room.send(bob);
      await room.send(alice);
      await vi.waitFor(() => expect(heard).toEqual([3, 4]));
      stop();
      const after: number[] = [];
      store.subscribe((_room, head) => after.push(head));
      await room.send(alice);
      await vi.waitFor(() => expect(after).toContain(5));
      expect(heard).toEqual([3, 4]);
    });
  });
}
