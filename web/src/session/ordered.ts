/** A room's items in the order of the log, then those that are not in it yet in the order of sending. */
import type { TimelineItem } from '@sotto/client';

type Logged = TimelineItem & { seq: number };
const isLogged = (item: TimelineItem): item is Logged => item.seq !== null;

/** Where `seq` stands, or would stand. */
function placeOf(list: Logged[], seq: number): number {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((list[middle] as Logged).seq < seq) low = middle + 1;
    else high = middle;
  }
  return low;
}

export class Ordered {
  #seqs = new Map<string, number | null>();
  #logged: Logged[] = [];
  #waiting: TimelineItem[] = [];

  /** Takes in items that are new or changed and returns the whole list: cheap at its end, where nearly all happens. */
  apply(items: readonly TimelineItem[], reset: boolean): TimelineItem[] {
    if (reset) this.#clear();
    const fresh: Logged[] = [];
    for (const item of items) {
      const known = this.#seqs.get(item.id);
      if (known === null && item.seq !== null) this.#drop(item.id);
      this.#seqs.set(item.id, item.seq);
      if (!isLogged(item)) this.#wait(item);
      else if (typeof known === 'number') this.#logged[placeOf(this.#logged, known)] = item;
      else fresh.push(item);
    }
    this.#insert(fresh);
    return [...this.#logged, ...this.#waiting];
  }

  #clear(): void {
    this.#seqs = new Map();
    this.#logged = [];
    this.#waiting = [];
  }

  #drop(id: string): void {
    this.#waiting = this.#waiting.filter((item) => item.id !== id);
  }

  #wait(item: TimelineItem): void {
    const at = this.#waiting.findIndex((other) => other.id === item.id);
    if (at === -1) this.#waiting.push(item);
    else this.#waiting[at] = item;
  }

  #insert(fresh: Logged[]): void {
    if (fresh.length === 0) return;
    const last = this.#logged.at(-1)?.seq ?? 0;
    fresh.sort((a, b) => a.seq - b.seq);
    const disordered = (fresh[0] as Logged).seq < last;
    this.#logged = this.#logged.concat(fresh);
    if (disordered) this.#logged.sort((a, b) => a.seq - b.seq);
  }
}
