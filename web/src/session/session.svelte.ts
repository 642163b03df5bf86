/** The session of this tab: the worker, and what it told last. Built once in `main.ts`. */
import type { AccountView, AlertView, ConnectionState, RoomView, SottoClientApi } from '@sotto/client';
import { proxy, type Remote } from 'comlink';
import type { News, WorkerSurface } from '../worker/surface.ts';
import { OpenRoom } from './open-room.svelte.ts';
import { byActivity } from './room-order.ts';
import { sentenceOf } from './sentence.ts';

export type Phase =
  | { name: 'starting' }
  /** Another tab of this browser is the one writer. */
  | { name: 'elsewhere' }
  | { name: 'failed'; sentence: string }
  | { name: 'ready' };

const isConnected = ({ state }: ConnectionState): boolean => state === 'online' || state === 'catching-up';

export class Session {
  readonly #remote: Remote<WorkerSurface>;
  #phase = $state.raw<Phase>({ name: 'starting' });
  #account = $state.raw<AccountView | null>(null);
  #connection = $state.raw<ConnectionState>({ state: 'connecting' });
  #rooms = $state.raw<RoomView[]>([]);
  #alerts = $state.raw<AlertView[]>([]);
  #open = $state.raw<OpenRoom | null>(null);
  readonly #waiting: (() => void)[] = [];

  constructor(remote: Remote<WorkerSurface>) {
    this.#remote = remote;
  }

  /** The client's methods, across the worker's border: each rejects with an error whose message is a sentence. */
  get api(): Remote<SottoClientApi> {
    return this.#remote.client as unknown as Remote<SottoClientApi>;
  }

  get phase(): Phase {
    return this.#phase;
  }

  get account(): AccountView | null {
    return this.#account;
  }

  get connection(): ConnectionState {
    return this.#connection;
  }

  get rooms(): RoomView[] {
    return this.#rooms;
  }

  get alerts(): AlertView[] {
    return this.#alerts;
  }

  get open(): OpenRoom | null {
    return this.#open;
  }

  get unread(): number {
    return this.#rooms.reduce((sum, room) => sum + room.unread, 0);
  }

  roomOf(room: string): RoomView | undefined {
    return this.#rooms.find((view) => view.room === room);
  }

  async start(origin: string): Promise<void> {
    await this.#attempt(() =>
      this.#remote.start(
        origin,
        proxy((news: News[]) => this.#take(news)),
      ),
    );
  }

  async takeOver(): Promise<void> {
    this.#phase = { name: 'starting' };
    await this.#attempt(() => this.#remote.takeOver());
  }

  /** The worker met an error that nobody caught. Once the client runs it goes on: one failed callback is not its end. */
  stumbled(): void {
    if (this.#phase.name === 'starting')
      this.fail('A part of Sotto could not be loaded. Reload the page to try again.');
  }

  fail(sentence: string): void {
    this.#phase = { name: 'failed', sentence };
  }

  setNetwork(isThere: boolean): void {
    if (this.#phase.name === 'ready') this.api.setNetwork(isThere).catch(() => undefined);
  }

  /** Resolves once the server can be asked: some calls make no sense without it. */
  connected(): Promise<void> {
    if (isConnected(this.#connection)) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Shows a room: its timeline is told from now on, the one before no more. */
  async show(room: string | null): Promise<void> {
    const before = this.#open;
    if ((before?.room ?? null) === room) return;
    this.#open = room === null ? null : new OpenRoom(room);
    try {
      if (before !== null) await this.#remote.unwatch(before.room);
      if (room !== null) await this.#remote.watch(room);
    } catch {
      // Another tab took over in between, and the news of that is on its way.
    }
  }

  async #attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.fail(sentenceOf(error));
    }
  }

  #take(all: News[]): void {
    for (const news of all) this.#learn(news);
  }

  #learn(news: News): void {
    switch (news.event) {
      case 'account':
        this.#account = news.value;
        break;
      case 'connection':
        this.#connection = news.value;
        if (isConnected(news.value)) for (const resolve of this.#waiting.splice(0)) resolve();
        break;
      case 'rooms':
        this.#rooms = byActivity(news.value);
        break;
      case 'alerts':
        this.#alerts = news.value;
        break;
      case 'alert':
        this.#alerts = [news.value, ...this.#alerts.filter((alert) => alert.id !== news.value.id)];
        break;
      case 'timeline':
        if (this.#open?.room === news.value.room) this.#open.patch(news.value.items, news.value.reset);
        break;
      case 'members':
        if (this.#open?.room === news.value.room) this.#open.setMembers(news.value.members);
        break;
      case 'ready':
        this.#phase = { name: 'ready' };
        break;
      case 'elsewhere':
        this.#open = null;
        this.#phase = { name: 'elsewhere' };
        break;
    }
  }
}
