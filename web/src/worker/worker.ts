/** The worker: keys, ciphertext and the connection stay in here; the page sees what `views.ts` of the client lists. */
import { type ClientEvents, SottoClient, type SottoClientApi } from '@sotto/client';
import { openIndexedDbStorage } from '@sotto/client/indexed-db';
import { expose } from 'comlink';
import { Courier } from './courier.ts';
import './errors.ts';
import type { News, Tell, WorkerSurface } from './surface.ts';
import { WriterLock } from './writer-lock.ts';

const DATABASE = 'sotto';

class Host implements WorkerSurface {
  #url = '';
  #opening: Promise<void> | null = null;
  #client: SottoClientApi | null = null;
  #courier: Courier | null = null;
  #watched = new Set<string>();
  readonly #lock = new WriterLock(() => this.#close());

  get client(): SottoClientApi {
    if (this.#client === null) throw new Error('Sotto is open in another tab.');
    return this.#client;
  }

  async start(origin: string, tell: Tell): Promise<void> {
    this.#url = origin;
    this.#courier = new Courier(tell);
    if (await this.#lock.claim()) await this.#open();
    else this.#send({ event: 'elsewhere' });
  }

  async takeOver(): Promise<void> {
    await this.#lock.takeOver();
    await this.#open();
  }

  watch(room: string): void {
    this.#watched.add(room);
    this.#send({ event: 'members', value: { room, members: this.client.members(room) } });
    this.#send({ event: 'timeline', value: { room, items: this.client.timeline(room), reset: true } });
  }

  unwatch(room: string): void {
    this.#watched.delete(room);
  }

  async #open(): Promise<void> {
    this.#opening = this.#begin();
    await this.#opening;
  }

  async #begin(): Promise<void> {
    const client = await SottoClient.open({ url: this.#url, storage: await openIndexedDbStorage(DATABASE) });
    this.#client = client;
    const pass = <E extends keyof ClientEvents>(event: E) =>
      client.on(event, (value) => this.#pass({ event, value } as News));
    for (const event of ['account', 'connection', 'rooms', 'timeline', 'members', 'alert'] as const)
      pass(event);
    this.#send({ event: 'account', value: client.account() });
    this.#send({ event: 'connection', value: client.connection() });
    this.#send({ event: 'rooms', value: client.rooms() });
    this.#send({ event: 'alerts', value: client.alerts() });
    this.#send({ event: 'ready' });
  }

  /** Timelines that nobody looks at stay here: the list of rooms says what there is to say about them. */
  #pass(news: News): void {
    const quiet = news.event === 'timeline' || news.event === 'members';
    if (!quiet || this.#watched.has(news.value.room)) this.#send(news);
  }

  #send(news: News): void {
    this.#courier?.send(news);
  }

  async #close(): Promise<void> {
    this.#send({ event: 'elsewhere' });
    // One that is being opened would otherwise go on beside the other tab's.
    await this.#opening?.catch(() => undefined);
    const client = this.#client;
    this.#client = null;
    this.#watched.clear();
    this.#send({ event: 'elsewhere' });
    await client?.close();
  }
}

expose(new Host());
