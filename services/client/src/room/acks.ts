/** Who waits for which of this device's messages to be in the log. Whoever asks may come after the answer. */
import { SottoError } from '@sotto/protocol';

export interface Acknowledged {
  readonly seq: number;
  /** The room chain there, base64url. */
  readonly chain: string;
}

interface Waiting {
  resolve(ack: Acknowledged): void;
  reject(error: Error): void;
}

const KEPT = 10_000;

export class Acks {
  /** By message id, newest last. */
  readonly #known = new Map<string, Acknowledged>();
  readonly #waiting = new Map<string, Waiting[]>();

  known(id: string): Acknowledged | null {
    return this.#known.get(id) ?? null;
  }

  wait(id: string): Promise<Acknowledged> {
    const known = this.#known.get(id);
    if (known !== undefined) return Promise.resolve(known);
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, [...(this.#waiting.get(id) ?? []), { resolve, reject }]);
    });
  }

  settle(id: string, ack: Acknowledged): void {
    this.#known.set(id, ack);
    if (this.#known.size > KEPT) this.#known.delete(this.#known.keys().next().value as string);
    for (const waiting of this.#take(id)) waiting.resolve(ack);
  }

  refuse(id: string, error: Error): void {
    for (const waiting of this.#take(id)) waiting.reject(error);
  }

  close(): void {
    const closed = new SottoError('no_connection', 'the client was closed');
    for (const id of [...this.#waiting.keys()]) this.refuse(id, closed);
  }

  #take(id: string): Waiting[] {
    const list = this.#waiting.get(id) ?? [];
    this.#waiting.delete(id);
    return list;
  }
}
