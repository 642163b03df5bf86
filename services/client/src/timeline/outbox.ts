/** What waits to be sent: shown behind the log until the log has it, applied to what it aims at meanwhile. */
import type { Payload } from '@sotto/protocol';
import type { SendState } from '../views.ts';

export interface Pending {
  /** The message id, which stays the same in the log. */
  readonly id: string;
  readonly payload: Payload;
  readonly send: SendState;
  /** Set once acknowledged. */
  readonly seq: number | null;
  /** Why it was refused. */
  readonly refusal: string | null;
  /** This device's clock. */
  readonly at: number;
}

const targetOf = ({ payload }: Pending): string | null => ('target' in payload ? payload.target : null);

export class Outbox {
  /** In the order of sending. */
  readonly #pending = new Map<string, Pending>();
  readonly #aimed = new Map<string, Map<string, Pending>>();

  get(id: string): Pending | null {
    return this.#pending.get(id) ?? null;
  }

  all(): Iterable<Pending> {
    return this.#pending.values();
  }

  /** A new one goes to the end, a known one keeps its place. */
  put(pending: Pending): void {
    this.#pending.set(pending.id, pending);
    const target = targetOf(pending);
    if (target === null) return;
    const aimed = this.#aimed.get(target) ?? new Map<string, Pending>();
    this.#aimed.set(target, aimed.set(pending.id, pending));
  }

  delete(id: string): void {
    const pending = this.#pending.get(id);
    const target = pending === undefined ? null : targetOf(pending);
    this.#pending.delete(id);
    if (target === null) return;
    const aimed = this.#aimed.get(target);
    aimed?.delete(id);
    if (aimed?.size === 0) this.#aimed.delete(target);
  }

  /** What aims at a message id, in the order of sending. */
  aimedAt(id: string): Iterable<Pending> {
    return this.#aimed.get(id)?.values() ?? [];
  }
}
