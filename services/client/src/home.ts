/**
 * One account on one device while it is open: its rooms, its people and its connection. `client.ts` shows it to the outside; before
 * a sign-up and after a `forget` there is none.
 */
import {
  type Bytes,
  b64,
  type EntryBatch,
  fromB64,
  hex,
  importVerifyKey,
  isNack,
  type KeyChain,
  LIMITS,
  mapInFlight,
  type Notice,
  type RoomSummary,
  SottoError,
  utf8,
  type Welcome,
} from '@sotto/protocol';
import { Alerts } from './alerts.ts';
import { Connection } from './connection/connection.ts';
import { ServerKeyChanged } from './connection/handshake.ts';
import type { Session } from './connection/session.ts';
import type { Emitter } from './emitter.ts';
import { isRetryable } from './failure.ts';
import { calledItem, verifiedItem } from './identity/backup-items.ts';
import { readSecrets } from './identity/backup-reader.ts';
import { BackupWriter } from './identity/backup-writer.ts';
import type { Device } from './identity/device.ts';
import { destroyOldKeys, isRotationDue, rotate } from './identity/rotation.ts';
import type { KeySource } from './keys.ts';
import { Lie } from './ledger/lie.ts';
import { People } from './people/people.ts';
import { Committer } from './room/committer.ts';
import type { RoomContext } from './room/context.ts';
import { Room } from './room/room.ts';
import { listRooms } from './room/room-row.ts';
import type { Storage } from './store/port.ts';
import { Vault } from './store/vault.ts';
import type { ConnectionState } from './views.ts';
import type { Wire } from './wire.ts';

export interface HomeOptions {
  readonly url: string;
  readonly storage: Storage;
  readonly keys: KeySource;
  readonly now: () => number;
  readonly device: Device;
  readonly emitter: Emitter;
  readonly readOnly: boolean;
}

interface ServerRow {
  readonly signKey: string;
  readonly generation: string;
}

/** Rooms that are caught up at the same time. */
const ROOMS_AT_ONCE = 4;
const HOUR_MS = 3_600_000;
const PACE_MS = 500;
const CLOSE_MS = 3000;

export class Home {
  readonly device: Device;
  readonly people: People;
  readonly alerts: Alerts;
  readonly wire: Wire;
  readonly #options: HomeOptions;
  readonly #rooms = new Map<string, Promise<Room>>();
  /** Those that are loaded. */
  readonly #loaded = new Map<string, Room>();
  readonly #backups: BackupWriter;
  readonly #context: RoomContext;
  #connection: Connection | null = null;
  #session: Session | null = null;
  #state: ConnectionState = { state: 'connecting' };
  #server: ServerRow | null = null;
  #serverKey: CryptoKey | null = null;
  #hourly: ReturnType<typeof setInterval> | undefined;
  #roomsTold = false;
  #closed = false;

  constructor(options: HomeOptions) {
    this.#options = options;
    const { storage, now, emitter, device } = options;
    this.device = device;
    this.wire = {
      call: (name, args) => this.#paced((session) => session.call(name, args)),
      read: (name, args) => this.#paced((session) => session.read(name, args)),
      send: (envelopes) => {
        this.#session?.send(envelopes);
        return this.#session !== null;
      },
    };
    this.alerts = new Alerts(storage, now, (alert) => emitter.emit('alert', alert));
    this.people = new People(storage, this.wire, {
      changed: (account) => this.#renamed(account),
      lie: (lie, account) => void this.alerts.raise(lie, null, account),
    });
    this.#backups = new BackupWriter(device, this.wire, () => this.#session !== null && !options.readOnly);
    this.#context = this.#roomContext();
  }

  /** Loads what is kept; nothing is asked of the server yet. */
  async load(): Promise<void> {
    const { storage } = this.#options;
    await Promise.all([this.people.load(), this.alerts.load()]);
    this.#server = (await storage.get<ServerRow>('meta', 'server')) ?? null;
    await this.#pin();
    await Promise.all((await listRooms(storage)).map((id) => this.#room(id, null)));
  }

  connect(): void {
    const { account, device, deviceKey } = this.device;
    this.#connection = new Connection({
      url: this.#options.url,
      identity: { account, device, deviceKey, chainSeq: () => this.own.seq },
      pinned: this.#server?.signKey ?? null,
      events: {
        online: (session, welcome, serverKey, generation) =>
          this.#online(session, welcome, serverKey, generation),
        offline: (error, retryAt) => this.#offline(error, retryAt),
        notice: (notice) => this.#noticed(notice),
        entries: (batch) => this.#entries(batch),
      },
    });
    this.#connection.open();
    this.#hourly = setInterval(() => void this.#tend(), HOUR_MS);
    (this.#hourly as { unref?(): void }).unref?.();
  }

  setNetwork(isThere: boolean): void {
    this.#connection?.setNetwork(isThere);
  }

  get own(): KeyChain {
    const chain = this.people.known(b64(this.device.account));
    if (chain === null) throw new SottoError('unknown_account', 'this device has lost its own key list');
    return chain;
  }

  get state(): ConnectionState {
    return this.#state;
  }

  get isOnline(): boolean {
    return this.#session !== null;
  }

  /** Resolves once signed in; rejects with `no_connection` where that takes longer than a call may. */
  async whenOnline(): Promise<void> {
    if (this.#session !== null) return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const late = setTimeout(() => reject(new SottoError('no_connection')), LIMITS.callTimeoutMs);
    const stop = this.#options.emitter.on('connection', (state) => {
      if (this.#session !== null) resolve();
      else if (state.state === 'offline' && state.retryAt === null)
        reject(new SottoError('no_connection', state.reason));
    });
    try {
      await promise;
    } finally {
      clearTimeout(late);
      stop();
    }
  }

  rooms(): Room[] {
    return [...this.#loaded.values()];
  }

  /** Throws `unknown_room`. */
  room(id: string): Room {
    const room = this.#loaded.get(id);
    if (room === undefined) throw new SottoError('unknown_room');
    return room;
  }

  /** A room that this device is about to make or join. */
  newRoom(id: string): Promise<Room> {
    return this.#room(id, null);
  }

  /** Takes a room out of memory that nothing was kept of: it was neither made nor joined. */
  dropRoom(id: string): void {
    this.#loaded.get(id)?.close();
    this.#loaded.delete(id);
    this.#rooms.delete(id);
    this.#tellRooms();
  }

  /** Every room's own key-chain position, after the own chain grew. */
  announceKeys(): void {
    for (const room of this.rooms()) room.announceKeys();
  }

  /** What the invite called a room, for this device and the account's others. */
  async callRoom(room: Room, name: string): Promise<void> {
    await room.callIt(name);
    this.#backups.put(calledItem(room.id), utf8(name), () => undefined);
  }

  backUpVerified(account: string, fingerprint: Bytes): void {
    this.#backups.put(verifiedItem(account), fingerprint, () => undefined);
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#hourly);
    // A server that does not answer keeps nobody from closing; what was not backed up is remembered.
    await Promise.race([this.#backups.idle(), new Promise((resolve) => setTimeout(resolve, CLOSE_MS))]);
    this.#connection?.close();
    this.#session = null;
    const rooms = await Promise.allSettled(this.#rooms.values());
    for (const room of rooms) if (room.status === 'fulfilled') room.value.close();
    await Promise.all(this.rooms().map((room) => room.idle()));
  }

  // The connection

  /** Asks, and asks again later where the server says that this was too fast: a large room means a thousand questions. */
  async #paced<T>(ask: (session: Session) => Promise<T>): Promise<T> {
    for (;;) {
      if (this.#session === null) throw new SottoError('no_connection');
      try {
        return await ask(this.#session);
      } catch (error) {
        if (!(error instanceof SottoError) || error.code !== 'rate_limited' || this.#closed) throw error;
        const wait = error.retryAfterMs ?? PACE_MS;
        await new Promise((resolve) => setTimeout(resolve, wait * (1 + Math.random())));
      }
    }
  }

  #online(session: Session, welcome: Welcome, signKey: string, generation: string): void {
    this.#session = session;
    const known = new Map(this.rooms().map((room) => [room.id, room.ledger.seq]));
    void this.#met(signKey, generation).catch((error) => this.#failed(error));
    this.#setState({ state: 'catching-up', behind: 0 });
    this.#welcomed(session, welcome, known).catch((error) => this.#failed(error));
  }

  async #welcomed(session: Session, welcome: Welcome, known: ReadonlyMap<string, number>): Promise<void> {
    const { account } = this.device;
    const [told, mine] = [welcome.chainSeq ?? 0, this.own.seq];
    if (told < mine) {
      const sentence = 'The server keeps back part of your own key list that it showed before.';
      await this.alerts.raise(
        new Lie('key-chain-rollback', sentence, { account, told, mine }),
        null,
        b64(account),
      );
    } else if (told > mine) await this.people.chain(account, told);
    await mapInFlight(
      welcome.rooms,
      (summary) => this.#meet(summary, known.get(summary.room) ?? 0),
      ROOMS_AT_ONCE,
    );
    if (this.#session !== session) return;
    this.#settle();
    this.#backups.kick();
    await this.#tend();
  }

  async #meet(summary: RoomSummary, known: number): Promise<void> {
    const room = await this.#room(summary.room, summary);
    await room.meet(summary, known);
  }

  /** Online once every room is caught up. */
  #settle(): void {
    if (this.#session === null || this.#closed) return;
    const behind = this.rooms().reduce((sum, room) => sum + room.behind, 0);
    const next: ConnectionState = behind > 0 ? { state: 'catching-up', behind } : { state: 'online' };
    if (next.state !== this.#state.state || behind > 0) this.#setState(next);
  }

  #offline(error: Error, retryAt: number | null): void {
    this.#session = null;
    for (const room of this.rooms()) room.offline();
    if (error instanceof ServerKeyChanged) {
      const sentence =
        'The server shows another key than before. It may be another server, or somebody in between.';
      const lie = new Lie('server-key-changed', sentence, {
        pinned: this.#server?.signKey ?? '',
        hello: error.hello,
      });
      void this.alerts.raise(lie, null).then(() => this.#setOffline(error, retryAt));
    } else this.#setOffline(error, retryAt);
  }

  #setOffline(error: Error, retryAt: number | null): void {
    if (this.#session === null) this.#setState({ state: 'offline', reason: error.message, retryAt });
  }

  /** Pins the server at the first meeting; says so when its storage is another one. */
  async #met(signKey: string, generation: string): Promise<void> {
    const before = this.#server;
    if (before?.signKey === signKey && before.generation === generation) return;
    this.#server = { signKey, generation };
    await this.#pin();
    await this.#options.storage.write([{ table: 'meta', key: 'server', value: this.#server }]);
    if (before !== null && before.generation !== generation) {
      const sentence =
        'The server’s storage is another one than before: it was restored from a backup or replaced.';
      await this.alerts.raise(
        new Lie('store-generation-changed', sentence, { before: before.generation, generation }),
        null,
      );
    }
  }

  async #pin(): Promise<void> {
    this.#serverKey = this.#server === null ? null : await importVerifyKey(fromB64(this.#server.signKey));
  }

  #setState(state: ConnectionState): void {
    this.#state = state;
    this.#options.emitter.emit('connection', state);
  }

  /** Secrets that this device was never given may be in the backup by now. */
  async #readMissing(): Promise<void> {
    const wanted = this.rooms().flatMap((room) => room.missing().map((epoch) => ({ room: room.id, epoch })));
    if (wanted.length === 0) return;
    const found = await readSecrets(this.device, this.wire, wanted);
    for (const room of this.rooms()) {
      const mine = found.filter((secret) => secret.room === room.id);
      if (mine.length > 0) await room.restored(mine);
    }
  }

  /** What is due once in a while: missing secrets, a new encryption key, old ones destroyed. */
  async #tend(): Promise<void> {
    const { storage, keys, now } = this.#options;
    const parts = { device: this.device, storage, wire: this.wire, people: this.people, keys, now };
    try {
      if (this.#session === null) return;
      await this.#readMissing();
      if (this.#options.readOnly) return;
      if (isRotationDue(this.device, now())) {
        await rotate(parts);
        this.announceKeys();
      }
      const needs = async (): Promise<boolean> =>
        (await Promise.all(this.rooms().map((room) => room.needsOldKey()))).includes(true);
      await destroyOldKeys(parts, needs);
    } catch (error) {
      this.#failed(error);
    }
  }

  // What comes

  #noticed(notice: Notice): void {
    switch (notice.notice) {
      case 'acks':
        for (const item of notice.acks) {
          const room = item.room === undefined ? undefined : this.#loaded.get(item.room);
          if (room === undefined || item.id === undefined) continue;
          if (isNack(item)) room.refused(item.id, SottoError.fromWire(item.error));
          else room.acknowledged(item.id, item.seq, item.chain);
        }
        break;
      case 'receipts':
        for (const receipt of notice.receipts) void this.#loaded.get(receipt.room)?.receipt(receipt);
        break;
      case 'room':
        this.#meet(notice.room, 0).catch((error) => this.#failed(error));
        break;
      case 'keys':
        void this.#keysGrew(notice.account, notice.seq).catch((error) => this.#failed(error));
        break;
      case 'typing':
      case 'presence':
      case 'cursor':
        this.#loaded.get(notice.room)?.noticed(notice);
        break;
      case 'draining':
        break;
    }
  }

  async #keysGrew(account: string, seq: number): Promise<void> {
    await this.people.chain(fromB64(account), seq);
    if (account === b64(this.device.account)) this.announceKeys();
    for (const room of this.rooms())
      this.#options.emitter.emit('members', { room: room.id, members: room.members() });
  }

  #entries(batch: EntryBatch): void {
    const room = this.#rooms.get(b64(batch.room));
    room?.then((loaded) => loaded.live(batch)).catch((error) => this.#failed(error));
  }

  // Rooms

  #room(id: string, summary: RoomSummary | null): Promise<Room> {
    const known = this.#rooms.get(id);
    if (known !== undefined) return known;
    const opening = Room.open(this.#context, id, summary).then((room) => {
      this.#loaded.set(id, room);
      return room;
    });
    this.#rooms.set(id, opening);
    opening.catch(() => this.#rooms.delete(id));
    return opening;
  }

  #roomContext(): RoomContext {
    const { storage, now, emitter } = this.#options;
    const { account, device, deviceKey, storeKey, unwrapKeys } = this.device;
    const { people, alerts, wire } = this;
    return {
      storage,
      vault: new Vault(storeKey),
      wire,
      people,
      alerts,
      committer: new Committer({ wire, people, device, deviceKey }),
      account,
      device,
      deviceKey,
      now,
      unwrapKey: (keyId) => unwrapKeys.get(hex(keyId)),
      backUp: (room, epoch, secret) => {
        const done = () => void this.#loaded.get(room)?.markBackedUp([epoch]);
        this.#backups.putEpoch(room, epoch, secret, done);
      },
      serverKey: () => this.#serverKey,
      online: () => this.#session !== null,
      readOnly: this.#options.readOnly,
      failed: (error) => this.#failed(error),
      events: (room) => ({
        changed: () => this.#tellRooms(),
        timeline: (items, reset) => emitter.emit('timeline', { room, items, reset }),
        members: () => {
          const loaded = this.#loaded.get(room);
          if (loaded !== undefined) emitter.emit('members', { room, members: loaded.members() });
        },
      }),
    };
  }

  #renamed(account: string): void {
    for (const room of this.rooms()) room.renamed(account);
  }

  /** One event for all changes of a turn. */
  #tellRooms(): void {
    if (this.#roomsTold) return;
    this.#roomsTold = true;
    queueMicrotask(() => {
      this.#roomsTold = false;
      if (this.#closed) return;
      this.#options.emitter.emit(
        'rooms',
        this.rooms().map((room) => room.view()),
      );
      if (this.#state.state === 'catching-up') this.#settleSoon();
    });
  }

  #settleSoon(): void {
    if (this.rooms().every((room) => room.settled)) this.#settle();
    else {
      const behind = this.rooms().reduce((sum, room) => sum + room.behind, 0);
      if (this.#state.state === 'catching-up' && this.#state.behind !== behind)
        this.#setState({ state: 'catching-up', behind });
    }
  }

  /** A lie outside any room is an alert; what merely failed is tried again by whoever needs it; the rest is a fault of ours. */
  #failed(error: unknown): void {
    if (this.#closed) return;
    if (error instanceof Lie) void this.alerts.raise(error, null);
    else if (!isRetryable(error)) console.error('sotto:', error);
  }
}
