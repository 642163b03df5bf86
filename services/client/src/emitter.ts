/** Events with their whole new values; a listener that throws disturbs neither the others nor the client. */
import type { ClientEvents } from './views.ts';

type Listener<E extends keyof ClientEvents> = (value: ClientEvents[E]) => void;

export class Emitter {
  readonly #listeners = new Map<keyof ClientEvents, Set<Listener<never>>>();

  on<E extends keyof ClientEvents>(event: E, listener: Listener<E>): () => void {
    const set = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, set.add(listener));
    return () => void set.delete(listener);
  }

  emit<E extends keyof ClientEvents>(event: E, value: ClientEvents[E]): void {
    for (const listener of this.#listeners.get(event) ?? []) {
      try {
        (listener as Listener<E>)(value);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}
