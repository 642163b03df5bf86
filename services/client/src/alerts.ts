/** Alerts: every lie that a check caught, kept until a person has seen it. */
import { b64, sha256, utf8 } from '@sotto/protocol';
import type { Lie } from './ledger/lie.ts';
import type { Storage } from './store/port.ts';
import type { AlertView } from './views.ts';

export class Alerts {
  readonly #storage: Storage;
  readonly #alerts = new Map<string, AlertView>();
  readonly #emit: (alert: AlertView) => void;
  readonly #now: () => number;

  constructor(storage: Storage, now: () => number, emit: (alert: AlertView) => void) {
    this.#storage = storage;
    this.#now = now;
    this.#emit = emit;
  }

  async load(): Promise<void> {
    for (const { key, value } of await this.#storage.list<AlertView>('alerts')) this.#alerts.set(key, value);
  }

  list(): AlertView[] {
    return [...this.#alerts.values()].sort((a, b) => a.at - b.at);
  }

  /** The newest of that name that nobody has acknowledged. */
  open(name: AlertView['name'], account: string | null): AlertView | null {
    const found = this.list().filter((a) => a.name === name && a.account === account && !a.acknowledged);
    return found.at(-1) ?? null;
  }

  /** The same lie, with the same proof, is one alert however often it is met. Answers its id. */
  async raise(lie: Lie, room: string | null, account: string | null = null): Promise<string> {
    const id = b64((await sha256(utf8(`${room ?? ''} ${account ?? ''} ${lie.proof}`))).slice(0, 16));
    if (this.#alerts.has(id)) return id;
    const { alert: name, message: sentence, proof } = lie;
    await this.#put({ id, name, room, account, sentence, at: this.#now(), proof, acknowledged: false });
    return id;
  }

  async acknowledge(id: string): Promise<AlertView | null> {
    const alert = this.#alerts.get(id);
    if (alert === undefined) return null;
    const seen = { ...alert, acknowledged: true };
    await this.#put(seen);
    return seen;
  }

  async #put(alert: AlertView): Promise<void> {
    this.#alerts.set(alert.id, alert);
    await this.#storage.write([{ table: 'alerts', key: alert.id, value: alert }]);
    this.#emit(alert);
  }
}
