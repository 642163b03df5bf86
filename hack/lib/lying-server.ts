/**
 * A server that can lie. Its store is the real one; each of its faces is a real replica over that store, whose answers a test may
 * replace one by one. Two faces show two people two different worlds. Entries can also be written straight into the store,
 * past everything that a server checks.
 */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Effect, openSqliteStore, type RoomState, type Store } from '@sotto/log';
import {
  type Bytes,
  envelopeDigest,
  hex,
  KIND,
  parseCommit,
  parseEnvelope,
  randomBytes,
  type Wrap,
  zeros,
} from '@sotto/protocol';
import { unsafeEncryptionPair, unsafeSigningPair } from '@sotto/protocol/testing';
import { DEFAULTS } from '../../services/server-express/src/config.ts';
import {
  keyMaterialOf,
  type ServerKeys,
  serverKeysOf,
} from '../../services/server-express/src/keys/server-keys.ts';
import { createLog } from '../../services/server-express/src/log.ts';
import { type Replica, runReplica } from '../../services/server-express/src/replica.ts';

/** What a face says instead of the store. May be changed at any time. */
export type Lies = { -readonly [K in keyof Store]?: Store[K] };

export interface Face extends Replica {
  readonly lies: Lies;
}

/** Pool pair of the server's keys; people take theirs from the front. */
const OWN_PAIR = 47;
const OTHER_PAIR = 46;

const keyed = async (pair: number, storage: Bytes): Promise<ServerKeys> => {
  const material = await keyMaterialOf(await unsafeSigningPair(pair), await unsafeEncryptionPair(pair));
  return serverKeysOf({ ...material, storage });
};

/** Who stands in the store as the sender of what is let in, and where that device's own count goes on. */
interface Mule {
  readonly account: Bytes;
  readonly device: Bytes;
}

export class LyingServer {
  readonly dataDir: string;
  readonly keys: ServerKeys;
  #store: Store;
  readonly #storage: Bytes;
  readonly #faces = new Set<Replica>();
  /** By room and device, in hexadecimal. */
  readonly #writers = new Map<string, { seq: number; digest: Bytes }>();

  private constructor(dataDir: string, store: Store, keys: ServerKeys, storage: Bytes) {
    this.dataDir = dataDir;
    this.#store = store;
    this.keys = keys;
    this.#storage = storage;
  }

  static async open(): Promise<LyingServer> {
    const dataDir = mkdtempSync(join(tmpdir(), 'sotto-lies-'));
    const storage = randomBytes(32);
    const store = await openSqliteStore(join(dataDir, 'sotto.db'));
    return new LyingServer(dataDir, store, await keyed(OWN_PAIR, storage), storage);
  }

  /** The truth. */
  get store(): Store {
    return this.#store;
  }

  /** A replica that says what `lies` say and the truth otherwise. `port`: of a face that was closed before. */
  async face(lies: Lies = {}, keys: ServerKeys = this.keys, port = 0): Promise<Face> {
    const answers: ProxyHandler<Store> = {
      get: (_, name) => {
        const lie: unknown = Reflect.get(lies, name);
        // The store outlives its faces.
        return lie ?? (name === 'close' ? async () => undefined : Reflect.get(this.#store, name));
      },
    };
    const replica = await runReplica({
      config: {
        ...DEFAULTS,
        port,
        dataDir: this.dataDir,
        webDir: this.dataDir,
        framesPerSecond: 100_000,
        frameBurst: 100_000,
      },
      store: new Proxy(this.#store, answers),
      keys,
      log: createLog('silent'),
    });
    this.#faces.add(replica);
    return { ...replica, lies };
  }

  /** Keys that are as good as this server's own, and others. */
  otherKeys(): Promise<ServerKeys> {
    return keyed(OTHER_PAIR, this.#storage);
  }

  /**
   * Writes an envelope into the log past every check but the store's own: in the store's books `mule` sent it, a member whose client
   * sends nothing more itself. `wraps`: of a commit; `room`: where the header names another one. Answers its sequence.
   */
  async letIn(
    envelope: Bytes,
    mule: Mule,
    wraps: readonly Wrap[] = [],
    room = parseEnvelope(envelope).header.room,
  ): Promise<number> {
    const state = await this.#store.room(room);
    if (state === null) throw new Error('there is no such room');
    const digest = await envelopeDigest(envelope);
    // Another id for every entry: the same envelope may be let in twice.
    const id = randomBytes(16);
    const isCommit = wraps.length > 0;
    if (isCommit) await this.#store.stageWraps(room, id, mule.device, wraps, Date.now());
    const last = await this.#writer(room, mule.device);
    const result = await this.#store.append({
      room,
      // To the store everything but a commit is history: that needs no epoch that is not due.
      kind: isCommit ? KIND.commit : KIND.history,
      epoch: state.epoch + (isCommit ? 1 : 0),
      commit: state.commitHash.slice(0, 16),
      account: mule.account,
      device: mule.device,
      deviceSeq: last.seq + 1,
      id,
      previous: last.digest,
      bytes: envelope,
      digest,
      signatureValid: true,
      now: Date.now(),
      position: state.head,
      effect: isCommit ? commitEffect(envelope, state, wraps.length) : { type: 'message' },
    });
    if (!result.ok) throw new Error(`even the store refuses it: ${result.code} ${result.detail ?? ''}`);
    this.#writers.set(writerKey(room, mule.device), { seq: last.seq + 1, digest });
    return result.seq;
  }

  async #writer(room: Bytes, device: Bytes): Promise<{ seq: number; digest: Bytes }> {
    const known = this.#writers.get(writerKey(room, device));
    if (known !== undefined) return known;
    let last = { seq: 0, digest: zeros(32) };
    for (const { bytes, digest } of await this.#store.read(
      room,
      1,
      Number.MAX_SAFE_INTEGER,
      Number.MAX_SAFE_INTEGER,
    )) {
      const { header } = parseEnvelope(bytes);
      if (hex(header.device) === hex(device)) last = { seq: header.deviceSeq, digest };
    }
    return last;
  }

  /** Ends all faces and the store, and answers a copy of the data as it lies there. */
  async copy(): Promise<string> {
    await this.stop();
    const folder = mkdtempSync(join(tmpdir(), 'sotto-lies-copy-'));
    cpSync(this.dataDir, folder, { recursive: true });
    await this.resume(this.dataDir);
    return folder;
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#faces].map((face) => face.close()));
    this.#faces.clear();
    await this.#store.close();
  }

  /** Goes on with the data of this folder. */
  async resume(folder: string): Promise<void> {
    this.#store = await openSqliteStore(join(folder, 'sotto.db'));
    this.#writers.clear();
  }

  async dispose(): Promise<void> {
    await this.stop();
    rmSync(this.dataDir, { recursive: true, force: true });
  }
}

/** Whatever the commit says, the store is told that it follows. */
const commitEffect = (envelope: Bytes, state: RoomState, count: number): Effect => ({
  type: 'commit',
  body: {
    ...parseCommit(parseEnvelope(envelope).body),
    epoch: state.epoch + 1,
    previous: state.commitHash,
    membership: state.membershipHash,
    count,
  },
  chains: [],
});

const writerKey = (room: Bytes, device: Bytes): string => `${hex(room)}/${hex(device)}`;
