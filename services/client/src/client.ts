/** The headless client: one account on one device, and everything that a person or a bot can do with it. */
import {
  b64,
  encodePayload,
  equal,
  fromB64,
  groupDigits,
  type MembershipStatement,
  type Payload,
  type Role,
  randomBytes,
  roomCode,
  roomIdOf,
  SottoError,
  safetyNumber,
} from '@sotto/protocol';
import { Alerts } from './alerts.ts';
import { Emitter } from './emitter.ts';
import { Home } from './home.ts';
import { deviceChanges, loadDevice } from './identity/device.ts';
import { restore } from './identity/restore.ts';
import { extendOwnChain } from './identity/rotation.ts';
import { type Entered, signUp } from './identity/sign-up.ts';
import { inviteLink, joinByInvite, openInviteLink } from './invites.ts';
import { freshKeys, type KeySource } from './keys.ts';
import { Lie } from './ledger/lie.ts';
import { mustKnow } from './people/people.ts';
import { restoredEpochs } from './room/epochs.ts';
import { pointOf } from './room/room.ts';
import { calledChanges } from './room/room-row.ts';
import type { Change, Storage } from './store/port.ts';
import { Vault } from './store/vault.ts';
import type {
  AccountView,
  AlertView,
  ClientEvents,
  ConnectionState,
  MemberView,
  RoomView,
  SignUpProgress,
  SottoClientApi,
  TimelineItem,
} from './views.ts';

export interface ClientOptions {
  /** Where the server is, as a browser would open it. */
  readonly url: string;
  readonly storage: Storage;
  /** Default: fresh pairs of WebCrypto. */
  readonly keys?: KeySource;
  /** Default: the system's clock. Ms since the Unix epoch. */
  readonly now?: () => number;
  /** Only looks: sends nothing, renews no keys, backs nothing up. For a second program beside the one that writes. */
  readonly readOnly?: boolean;
}

const NO_ACCOUNT: ConnectionState = {
  state: 'offline',
  reason: 'There is no account on this device yet.',
  retryAt: null,
};

function mustSaySomething(text: string): void {
  if (text.trim() === '') throw new SottoError('bad_request', 'there is nothing in it');
}

/**
 * @example
 * const client = await SottoClient.open({ url: 'http://127.0.0.1:8080', storage: memoryStorage() });
 * const { phrase } = await client.signUp('ada', null);
 * const room = await client.createRoom('Kitchen');
 * await client.acknowledged(room, await client.sendText(room, 'The kettle is on.'));
 */
export class SottoClient implements SottoClientApi {
  readonly #options: Required<ClientOptions>;
  readonly #emitter = new Emitter();
  #home: Home | null = null;
  /** Alerts of a time without an account: a restore that was refused. */
  readonly #early: Alerts;

  private constructor(options: ClientOptions) {
    this.#options = { keys: freshKeys, now: Date.now, readOnly: false, ...options };
    const { storage, now } = this.#options;
    this.#early = new Alerts(storage, now, (alert) => this.#emitter.emit('alert', alert));
  }

  /** Opens what the storage keeps and, where there is an account, begins to connect. */
  static async open(options: ClientOptions): Promise<SottoClient> {
    const client = new SottoClient(options);
    await client.#begin();
    return client;
  }

  async #begin(): Promise<void> {
    const device = await loadDevice(this.#options.storage);
    if (device === null) return this.#early.load();
    const home = new Home({ ...this.#options, device, emitter: this.#emitter });
    await home.load();
    this.#home = home;
    this.#emitter.emit('account', this.account());
    home.connect();
  }

  get #in(): Home {
    if (this.#home === null) throw new SottoError('auth_required', 'there is no account on this device');
    return this.#home;
  }

  /** For what needs the server's answer: a person waits for it, within reason. */
  async #there(): Promise<Home> {
    const home = this.#in;
    await home.whenOnline();
    return home;
  }

  on<E extends keyof ClientEvents>(event: E, listener: (value: ClientEvents[E]) => void): () => void {
    return this.#emitter.on(event, listener);
  }

  account(): AccountView | null {
    if (this.#home === null) return null;
    const { account, device, handle } = this.#home.device;
    const fingerprint = b64(this.#home.own.fingerprint);
    return { account: b64(account), handle, device: b64(device), fingerprint };
  }

  setNetwork(isThere: boolean): void {
    this.#home?.setNetwork(isThere);
  }

  connection(): ConnectionState {
    return this.#home?.state ?? NO_ACCOUNT;
  }

  rooms(): RoomView[] {
    return this.#home?.rooms().map((room) => room.view()) ?? [];
  }

  timeline(room: string): TimelineItem[] {
    return this.#in.room(room).items();
  }

  members(id: string): MemberView[] {
    const room = this.#in.room(id);
    room.askPresence().catch(() => undefined);
    return room.members();
  }

  alerts(): AlertView[] {
    return (this.#home?.alerts ?? this.#early).list();
  }

  // The account

  async signUp(
    handle: string,
    passphrase: string | null,
    progress: (p: SignUpProgress) => void = () => undefined,
  ): Promise<{ phrase: string | null }> {
    this.#mustBeNew();
    const { phrase, ...entered } = await signUp(this.#options, handle, passphrase, progress);
    await this.#enter(entered, []);
    return { phrase };
  }

  async restore(
    handle: string,
    words: string,
    progress: (p: SignUpProgress) => void = () => undefined,
  ): Promise<void> {
    this.#mustBeNew();
    try {
      const { items, ...entered } = await restore(this.#options, handle, words, progress);
      const epochs = await restoredEpochs(new Vault(entered.device.storeKey), items.epochs);
      await this.#enter(entered, [...epochs, ...calledChanges(items.called)], items.verified);
    } catch (error) {
      if (error instanceof Lie) await this.#early.raise(error, null);
      throw error;
    }
  }

  #mustBeNew(): void {
    if (this.#home !== null) throw new SottoError('bad_request', 'this device has an account already');
  }

  async #enter(
    { device, chain, met }: Entered,
    changes: readonly Change[],
    verified: readonly { account: string; fingerprint: string }[] = [],
  ): Promise<void> {
    const person = (handle: string | null, rest: object) => ({
      chain: null,
      handle,
      verified: null,
      replaces: null,
      ...rest,
    });
    const server = { signKey: met.serverKey, generation: met.generation };
    await this.#options.storage.write([
      ...deviceChanges(device),
      { table: 'meta', key: 'server', value: server },
      { table: 'people', key: b64(device.account), value: person(device.handle, { chain }) },
      ...verified.map(({ account, fingerprint }) => ({
        table: 'people' as const,
        key: account,
        value: person(null, { verified: fingerprint }),
      })),
      ...changes,
    ]);
    await this.#begin();
  }

  async devices(): Promise<{ device: string; addedAt: number; thisDevice: boolean; live: boolean }[]> {
    const { own, device } = this.#in;
    return [...own.devices.values()].map((d) => ({
      device: b64(d.device),
      addedAt: d.addedAt,
      thisDevice: equal(d.device, device.device),
      live: d.revokedSeq === null,
    }));
  }

  async revokeDevice(device: string): Promise<void> {
    const home = await this.#there();
    const by = b64(home.device.device);
    const parts = { device: home.device, wire: home.wire, people: home.people, now: this.#options.now };
    await extendOwnChain(parts, () => ({ type: 'device.revoke', device, by }));
    home.announceKeys();
  }

  async forget(): Promise<void> {
    const home = this.#home;
    // The account's other devices need not wrap for this one any more. Offline it is forgotten all the same.
    if (home?.isOnline) await this.revokeDevice(b64(home.device.device)).catch(() => undefined);
    this.#home = null;
    await home?.close();
    await this.#options.storage.clear();
    this.#emitter.emit('account', null);
    this.#emitter.emit('rooms', []);
    this.#emitter.emit('connection', NO_ACCOUNT);
  }

  // Rooms

  async createRoom(name: string): Promise<string> {
    mustSaySomething(name);
    // Before the room is made: nobody wants one that cannot be named.
    encodePayload({ kind: 'profile', name });
    const home = await this.#there();
    const salt = randomBytes(16);
    const id = b64(await roomIdOf(home.device.account, salt));
    const room = await home.newRoom(id);
    const statement: MembershipStatement = { type: 'room.create', salt: b64(salt), chain: pointOf(home.own) };
    try {
      await room.enter(statement, async () => undefined);
    } catch (error) {
      home.dropRoom(id);
      throw error;
    }
    await room.say({ kind: 'profile', name });
    return id;
  }

  async renameRoom(room: string, name: string, topic: string): Promise<void> {
    mustSaySomething(name);
    const there = this.#in.room(room);
    await there.acknowledgement(
      await there.send({ kind: 'profile', name, ...(topic === '' ? {} : { topic }) }),
    );
  }

  async invite(id: string): Promise<string> {
    const home = await this.#there();
    const { url, ...parts } = this.#options;
    const me = { handle: home.device.handle, fingerprint: home.own.fingerprint };
    return inviteLink(home.room(id), url, me, { ...parts, vault: new Vault(home.device.storeKey) });
  }

  async addMember(id: string, handle: string): Promise<void> {
    const home = await this.#there();
    const room = home.room(id);
    const find = async () => {
      const found = await home.people.find(handle);
      return (await home.people.newest([found.account]))[0] ?? found;
    };
    const chain = await this.#told(find(), id);
    if (home.people.trust(b64(chain.account)) === 'changed') {
      throw new SottoError(
        'bad_request',
        `${handle} has another account key than before; acknowledge that first`,
      );
    }
    await room.state(() => ({
      type: 'member.add',
      account: b64(chain.account),
      role: 'member',
      chain: pointOf(chain),
    }));
  }

  async previewInvite(
    link: string,
  ): Promise<{ roomName: string; inviterHandle: string; inviterFingerprint: string; member: boolean }> {
    const home = await this.#there();
    const { room, preview, inviter } = await this.#told(openInviteLink(link, home.wire, home.people), null);
    const member = home.rooms().some((known) => known.id === room && known.role !== null);
    const inviterHandle = home.people.handle(b64(inviter.account)) ?? preview.inviterHandle;
    return {
      roomName: preview.roomName,
      inviterHandle,
      inviterFingerprint: b64(inviter.fingerprint),
      member,
    };
  }

  async join(link: string): Promise<string> {
    const home = await this.#there();
    const opened = await this.#told(openInviteLink(link, home.wire, home.people), null);
    const known = home.rooms().find((room) => room.id === opened.room);
    if (known?.role != null) return known.id;
    const room = known ?? (await home.newRoom(opened.room));
    try {
      await this.#told(joinByInvite(opened, room, home.own, home.wire), opened.room);
      await home.callRoom(room, opened.preview.roomName);
    } catch (error) {
      if (known === undefined && room.role === null) home.dropRoom(opened.room);
      throw error;
    }
    return opened.room;
  }

  async leave(room: string): Promise<void> {
    await (await this.#there()).room(room).state(() => ({ type: 'member.leave' }), true);
  }

  async removeMember(room: string, account: string): Promise<void> {
    const there = (await this.#there()).room(room);
    await there.state(() => ({ type: 'member.remove', account }));
    // A link that the removed one knows would let them in again.
    const live = () => there.ledger.membership?.invites ?? new Map();
    for (const [key, { invite }] of live()) {
      await there.state(() => (live().has(key) ? { type: 'invite.revoke', invite: b64(invite) } : null));
    }
  }

  async setRole(room: string, account: string, role: Role): Promise<void> {
    await (await this.#there()).room(room).state(() => ({ type: 'member.role', account, role }));
  }

  async grantHistory(room: string, account: string): Promise<void> {
    await (await this.#there()).room(room).grantHistory(fromB64(account));
  }

  // Messages

  async sendText(room: string, text: string, replyTo?: string): Promise<string> {
    mustSaySomething(text);
    const said = { text, ...this.#mentions(room, text) };
    return this.#say(
      room,
      replyTo === undefined ? { kind: 'text', ...said } : { kind: 'reply', target: replyTo, ...said },
    );
  }

  async edit(room: string, target: string, text: string): Promise<string> {
    mustSaySomething(text);
    return this.#say(room, { kind: 'edit', target, text, ...this.#mentions(room, text) });
  }

  remove(room: string, target: string): Promise<string> {
    return this.#say(room, { kind: 'delete', target });
  }

  react(room: string, target: string, emoji: string, on: boolean): Promise<string> {
    return this.#say(room, { kind: 'reaction', target, emoji, on });
  }

  async #say(room: string, payload: Payload): Promise<string> {
    return this.#in.room(room).send(payload);
  }

  /** Members whose handle stands behind an @. */
  #mentions(room: string, text: string): { mentions?: string[] } {
    const named = new Set(
      Array.from(text.matchAll(/(?<![\w@])@([a-z0-9][a-z0-9_-]{1,31})/g), (match) => match[1]),
    );
    if (named.size === 0) return {};
    const mentions = this.#in
      .room(room)
      .members()
      .filter((m) => named.has(m.handle));
    return mentions.length === 0 ? {} : { mentions: mentions.map((m) => m.account) };
  }

  async acknowledged(room: string, id: string): Promise<{ seq: number; chain: string }> {
    return this.#in.room(room).acknowledgement(id);
  }

  async discard(room: string, id: string): Promise<void> {
    await this.#in.room(room).discard(id);
  }

  async markRead(room: string, seq: number): Promise<void> {
    await this.#in.room(room).markRead(seq);
  }

  async setTyping(room: string, typing: boolean): Promise<void> {
    const home = this.#in;
    if (home.isOnline && home.room(room).role !== null) await home.wire.call('typing', { room, typing });
  }

  // Trust

  async safetyNumber(account: string): Promise<string> {
    const home = this.#in;
    return groupDigits(await safetyNumber(home.own.fingerprint, mustKnow(home.people, account).fingerprint));
  }

  async setVerified(account: string, verified: boolean): Promise<void> {
    const { people } = this.#in;
    const { fingerprint } = mustKnow(people, account);
    await people.setVerified(account, verified ? b64(fingerprint) : null);
    this.#in.backUpVerified(account, verified ? fingerprint : new Uint8Array(0));
  }

  async roomCode(id: string): Promise<string> {
    const { ledger } = this.#in.room(id);
    if (ledger.epoch === null || ledger.membership === null)
      throw new SottoError('unknown_room', 'it has no keys yet');
    const { number, hash } = ledger.epoch;
    return groupDigits(await roomCode(ledger.room, number, hash, ledger.membership.hash));
  }

  async acknowledgeAlert(id: string): Promise<void> {
    const alert = await (this.#home?.alerts ?? this.#early).acknowledge(id);
    if (alert?.name === 'account-key-changed' && alert.account !== null) {
      await this.#home?.people.acknowledge(alert.account);
    }
  }

  async close(): Promise<void> {
    await this.#home?.close();
    await this.#options.storage.close();
  }

  /** A lie is an alert, whoever met it; the caller hears of it as of any failure. */
  async #told<T>(work: Promise<T>, room: string | null): Promise<T> {
    try {
      return await work;
    } catch (error) {
      if (error instanceof Lie) await this.#in.alerts.raise(error, room);
      throw error;
    }
  }
}
