/** Puts new secrets into the account's backup, in batches, until the server has them. */
import { type Bytes, b64 } from '@sotto/protocol';
import type { Wire } from '../wire.ts';
import { epochItem } from './backup-items.ts';
import type { Device } from './device.ts';

const ITEMS_AT_ONCE = 64;
const RETRY_MS = 5000;

interface Waiting {
  readonly name: string;
  readonly content: Bytes;
  done(): void;
}

export class BackupWriter {
  readonly #device: Device;
  readonly #wire: Wire;
  readonly #online: () => boolean;
  readonly #waiting = new Map<string, Waiting>();
  #running: Promise<void> | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(device: Device, wire: Wire, online: () => boolean) {
    this.#device = device;
    this.#wire = wire;
    this.#online = online;
  }

  /** `done` is called once the server has it on its disk. */
  putEpoch(room: string, epoch: number, secret: Bytes, done: () => void): void {
    this.put(epochItem(room, epoch), secret, done);
  }

  put(name: string, content: Bytes, done: () => void): void {
    this.#waiting.set(name, { name, content, done });
    this.kick();
  }

  kick(): void {
    this.#running ??= this.#run().finally(() => {
      this.#running = null;
    });
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#running;
  }

  async #run(): Promise<void> {
    // What comes in one turn goes as one call.
    await Promise.resolve();
    try {
      while (this.#waiting.size > 0 && this.#online()) {
        const batch = [...this.#waiting.values()].slice(0, ITEMS_AT_ONCE);
        await this.#put(batch);
        for (const one of batch) {
          if (this.#waiting.get(one.name) === one) this.#waiting.delete(one.name);
          one.done();
        }
      }
    } catch {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.kick(), RETRY_MS);
    }
  }

  async #put(batch: readonly Waiting[]): Promise<void> {
    const { sealItem } = await import('@sotto/protocol/backup');
    const { backupKey, account } = this.#device;
    const items = await Promise.all(
      batch.map(async ({ name, content }) => ({
        name,
        sealed: b64(await sealItem(backupKey, account, name, content)),
      })),
    );
    await this.#wire.call('backup.put', { items });
  }
}
