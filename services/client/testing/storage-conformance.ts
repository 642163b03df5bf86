/** What every adapter of the Storage port must do. Knows nothing but the port. */
import {
  aesKeyKept,
  aesOpen,
  aesSeal,
  equal,
  exportPkcs8,
  importSigningKey,
  importUnwrapKey,
  oaepUnwrap,
  oaepWrap,
  randomBytes,
  sign,
  utf8,
  verify,
} from '@sotto/protocol';
import { unsafeEncryptionPair, unsafeSigningPair } from '@sotto/protocol/testing';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Change, type Storage, sortable, TABLES, type Table } from '../src/store/port.ts';

const put = (table: Table, key: string, value: unknown): Change => ({ table, key, value });

/** `open` gives a fresh, empty store for each test. */
export function describeStorage(name: string, open: () => Promise<Storage>): void {
  describe(`${name}: the Storage port`, () => {
    let storage: Storage;
    beforeEach(async () => {
      storage = await open();
    });
    afterEach(() => storage.close());

    const keysOf = async (table: Table, prefix?: string): Promise<string[]> =>
      (await storage.list(table, prefix)).map(({ key }) => key);

    test('it begins empty', async () => {
      for (const table of TABLES) {
        expect(await storage.get(table, 'x')).toBeUndefined();
        expect(await storage.list(table)).toEqual([]);
      }
    });

    test('plain data comes back as it went in, from the table that it was put into', async () => {
      const value = {
        text: 'a 🐤 and a \u0000',
        numbers: [0, -1, 1.5, Number.MAX_SAFE_INTEGER],
        nothing: [null, true, false],
        bytes: randomBytes(300),
        none: new Uint8Array(0),
        map: new Map<string, unknown>([['a', { deep: new Map([[1, randomBytes(3)]]) }]]),
      };
      await storage.write([put('rooms', 'x', value), put('people', 'x', 'other')]);
      expect(await storage.get('rooms', 'x')).toEqual(value);
      expect(await storage.get('people', 'x')).toBe('other');
      expect(await storage.get('writers', 'x')).toBeUndefined();
      expect(await storage.list('rooms')).toEqual([{ key: 'x', value }]);
    });

    test('byte arrays come back as nothing more than that, without the memory that they were cut from', async () => {
      const frame = randomBytes(1000);
      const inside = new Map([['cut', frame.subarray(10, 20)]]);
      await storage.write([put('entries', 'a', frame.subarray(3, 8)), put('entries', 'b', [inside])]);
      const a = await storage.get<Uint8Array>('entries', 'a');
      const b = (await storage.list<Map<string, Uint8Array>[]>('entries', 'b'))[0]?.value[0]?.get('cut');
      expect([a, b]).toEqual([frame.slice(3, 8), frame.slice(10, 20)]);
      for (const bytes of [a, b] as Uint8Array[]) {
        expect(Object.getPrototypeOf(bytes)).toBe(Uint8Array.prototype);
        expect(bytes.buffer.byteLength).toBe(bytes.length);
      }
    });

    test("what was handed in stays the caller's, and so is what is handed out", async () => {
      const value = { list: [1], bytes: new Uint8Array([1]) };
      const writing = storage.write([put('meta', 'x', value)]);
      value.list.push(2);
      value.bytes[0] = 2;
      await writing;
      const kept = { list: [1], bytes: new Uint8Array([1]) };
      const got = await storage.get<typeof value>('meta', 'x');
      expect(got).toEqual(kept);
      got?.list.push(3);
      got?.bytes.fill(3);
      const listed = (await storage.list<typeof value>('meta'))[0]?.value;
      expect(listed).toEqual(kept);
      listed?.list.push(4);
      expect(await storage.get('meta', 'x')).toEqual(kept);
    });

    test('undefined removes a row, also one that is not there; what comes later in a batch wins', async () => {
      await storage.write([put('meta', 'a', 1), put('meta', 'b', 1), put('meta', 'b', 2)]);
      await storage.write([put('meta', 'a', undefined), put('meta', 'nobody', undefined)]);
      await storage.write([put('meta', 'c', undefined), put('meta', 'c', 3), put('meta', 'b', undefined)]);
      await storage.write([]);
      expect(await storage.list('meta')).toEqual([{ key: 'c', value: 3 }]);
    });

    test('rows are listed by the beginning of their key, in the order of code units', async () => {
      const keys = [
        'room/2',
        'room/1',
        'room',
        'room0',
        'room/\u{1f424}',
        'room/\uffee',
        'Room/1',
        'room/1/1',
        's',
      ];
      await storage.write(keys.map((key) => put('writers', key, key)));
      expect(await keysOf('writers', 'room/')).toEqual([
        'room/1',
        'room/1/1',
        'room/2',
        'room/\u{1f424}',
        'room/\uffee',
      ]);
      expect(await keysOf('writers')).toEqual([...keys].sort());
      expect(await keysOf('writers', 'room//')).toEqual([]);
      expect(await keysOf('people', 'room')).toEqual([]);
    });

    test('sequences sort by number', async () => {
      const seqs = [1, 2, 10, 99, 100, 2 ** 40];
      await storage.write([...seqs].reverse().map((seq) => put('entries', `r/${sortable(seq)}`, seq)));
      expect((await storage.list('entries', 'r/')).map(({ value }) => value)).toEqual(seqs);
    });

    test('a batch that fails changes nothing, and the next one is not touched by it', async () => {
      await storage.write([put('meta', 'a', 'old')]);
      const changes = [put('meta', 'a', 'new'), put('outbox', 'b', { no: () => 1 }), put('rooms', 'c', 1)];
      const [failed, next] = await Promise.allSettled([
        storage.write(changes),
        storage.write([put('alerts', 'd', 4)]),
      ]);
      expect([failed.status, next.status]).toEqual(['rejected', 'fulfilled']);
      expect(await storage.get('meta', 'a')).toBe('old');
      expect(await storage.list('outbox')).toEqual([]);
      expect(await storage.get('rooms', 'c')).toBeUndefined();
      expect(await storage.get('alerts', 'd')).toBe(4);
      class Thing {}
      await expect(storage.write([put('meta', 'a', new Thing())])).rejects.toThrow('Thing');
    });

    test('writes at once are kept in the order in which they were called, and a read sees those before it', async () => {
      const aes = await aesKeyKept(randomBytes(32), storage.exportsKeys);
      const writes = Array.from({ length: 40 }, (_, i) =>
        storage.write([
          put('meta', 'last', i),
          put('rooms', `${i}`, i),
          // Keys may take longer on their way.
          ...(i % 7 === 0 ? [put('keys', `${i}`, aes)] : []),
        ]),
      );
      expect(await storage.get('meta', 'last')).toBe(39);
      await Promise.all(writes);
      expect(await storage.list('rooms')).toHaveLength(40);
      expect(await keysOf('keys')).toEqual(['0', '14', '21', '28', '35', '7']);
    });

    test('private keys are kept as keys, which do what they did', async () => {
      const [signing, encryption] = [await unsafeSigningPair(0), await unsafeEncryptionPair(0)];
      const raw = randomBytes(32);
      await storage.write([
        put(
          'keys',
          'device',
          await importSigningKey(await exportPkcs8(signing.privateKey), storage.exportsKeys),
        ),
        put(
          'keys',
          'enc',
          await importUnwrapKey(await exportPkcs8(encryption.privateKey), storage.exportsKeys),
        ),
        put('keys', 'store', await aesKeyKept(raw, storage.exportsKeys)),
      ]);
      const [device, enc, store] = (await storage.list<CryptoKey>('keys')).map(({ value }) => value);
      const [text, nonce] = [utf8('a secret'), randomBytes(12)];
      const signature = await sign(device as CryptoKey, text);
      expect(await verify(signing.publicKey, signature, text)).toBe(true);
      const wrapped = await oaepWrap(encryption.publicKey, text, nonce);
      expect(await oaepUnwrap(enc as CryptoKey, wrapped, nonce)).toEqual(text);
      const sealed = await aesSeal(await aesKeyKept(raw, false), nonce, text, text);
      expect(await aesOpen(store as CryptoKey, nonce, text, sealed)).toEqual(text);
      const again = await storage.get<CryptoKey>('keys', 'device');
      expect([again?.usages, again?.extractable]).toEqual([['sign'], storage.exportsKeys]);
      await storage.write([put('keys', 'device', again), put('keys', 'enc', undefined)]);
      expect(await keysOf('keys')).toEqual(['device', 'store']);
    });

    test('a large value, and many', async () => {
      const large = new Uint8Array(3_000_000).fill(7);
      const many = Array.from({ length: 2000 }, (_, i) => put('entries', `m/${sortable(i)}`, i));
      await storage.write([put('entries', 'large', large), ...many]);
      expect(equal((await storage.get('entries', 'large')) as Uint8Array, large)).toBe(true);
      expect((await storage.list('entries', 'm/')).map(({ value }) => value)).toEqual(many.map((_, i) => i));
    });

    test('it forgets everything and goes on', async () => {
      await storage.write(TABLES.filter((t) => t !== 'keys').map((table) => put(table, 'x', 1)));
      await storage.write([put('keys', 'x', await aesKeyKept(randomBytes(32), storage.exportsKeys))]);
      await storage.clear();
      for (const table of TABLES) expect(await storage.list(table)).toEqual([]);
      await storage.write([put('meta', 'x', 2)]);
      expect(await storage.get('meta', 'x')).toBe(2);
    });
  });
}
