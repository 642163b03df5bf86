/** Carries news to the page once per turn of the event loop: a catch-up of a thousand entries is one message, not a thousand. */
import type { News, Tell } from './surface.ts';

/** News under one key replaces what waits under it; patches of one timeline are joined. */
function keyOf(news: News): string {
  switch (news.event) {
    case 'timeline':
    case 'members':
      return `${news.event} ${news.value.room}`;
    case 'ready':
    case 'elsewhere':
      return 'phase';
    case 'alert':
      return `alert ${news.value.id}`;
    default:
      return news.event;
  }
}

function joined(old: News | undefined, news: News): News {
  if (old?.event !== 'timeline' || news.event !== 'timeline' || news.value.reset) return news;
  const items = new Map([...old.value.items, ...news.value.items].map((item) => [item.id, item]));
  return { event: 'timeline', value: { ...old.value, items: [...items.values()] } };
}

export class Courier {
  readonly #tell: Tell;
  #waiting = new Map<string, News>();

  constructor(tell: Tell) {
    this.#tell = tell;
  }

  send(news: News): void {
    if (this.#waiting.size === 0) setTimeout(() => this.#deliver(), 0);
    const key = keyOf(news);
    const told = joined(this.#waiting.get(key), news);
    // To the end: "ready" must not overtake the snapshot that it ends.
    this.#waiting.delete(key);
    this.#waiting.set(key, told);
  }

  #deliver(): void {
    const all = [...this.#waiting.values()];
    this.#waiting = new Map();
    this.#tell(all);
  }
}
