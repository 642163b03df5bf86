/** Somebody with a headless client in memory: it can be closed, and opened again at another server or at another time. */
import { SottoClient, type TimelineItem } from '@sotto/client';
import { memoryStorage } from '@sotto/client/memory';
import { unsafeKeys } from '@sotto/client/testing';
import { fromB64 } from '@sotto/protocol';
import { until } from './until.ts';

export class Person {
  /** Number of the unsafe keys: no two people of a story share one. */
  readonly i: number;
  readonly handle: string;
  readonly storage = memoryStorage();
  /** Kept over all openings: a source that begins anew would hand out the same keys again. */
  readonly #keys;
  /** How far this person's clock is ahead, in ms. */
  ahead = 0;
  /** The words that `restore` asks for. */
  words = '';
  client!: SottoClient;
  isOpen = false;
  #url = '';

  constructor(i: number, handle: string) {
    this.i = i;
    this.handle = handle;
    this.#keys = unsafeKeys(i);
  }

  static async signUp(
    url: string,
    i: number,
    handle: string,
    passphrase: string | null = null,
  ): Promise<Person> {
    const person = new Person(i, handle);
    await person.open(url);
    const { phrase } = await person.client.signUp(handle, passphrase);
    person.words = passphrase ?? (phrase as string);
    return person;
  }

  /** This person's other device. */
  static async restore(url: string, i: number, of: Person): Promise<Person> {
    const person = new Person(i, of.handle);
    person.ahead = of.ahead;
    person.words = of.words;
    await person.open(url);
    await person.client.restore(of.handle, of.words);
    await person.online();
    return person;
  }

  /** Opens the client, at the server where it was last unless another is named. */
  async open(url = this.#url): Promise<void> {
    this.#url = url;
    const now = (): number => Date.now() + this.ahead;
    this.client = await SottoClient.open({ url, storage: this.storage, keys: this.#keys, now });
    this.isOpen = true;
  }

  async reopen(url?: string): Promise<void> {
    await this.close();
    await this.open(url);
  }

  async close(): Promise<void> {
    this.isOpen = false;
    await this.client.close();
  }

  get account(): string {
    return this.client.account()?.account ?? '';
  }

  /** As `LyingServer.letIn` wants it. */
  get mule() {
    const { account = '', device = '' } = this.client.account() ?? {};
    return { account: fromB64(account), device: fromB64(device) };
  }

  /** Says it, and waits until the log has it. */
  async say(room: string, text: string): Promise<number> {
    const { seq } = await this.client.acknowledged(room, await this.client.sendText(room, text));
    await this.reaches(room, seq);
    return seq;
  }

  sees(room: string, text: string): Promise<void> {
    const holds = () => this.texts(room).includes(text);
    return until(this.client, holds, `${this.handle} sees "${text}"`);
  }

  reaches(room: string, seq: number): Promise<void> {
    const holds = () => (this.client.rooms().find((r) => r.room === room)?.head ?? 0) >= seq;
    return until(this.client, holds, `${this.handle} has read up to ${seq}`);
  }

  online(): Promise<void> {
    const holds = () => this.client.connection().state === 'online';
    return until(this.client, holds, `${this.handle} is online`);
  }

  /** What the log has of the room's timeline. */
  items(room: string): TimelineItem[] {
    return this.client.timeline(room).filter((item) => item.seq !== null);
  }

  texts(room: string): string[] {
    if (!this.client.rooms().some((r) => r.room === room)) return [];
    return this.client
      .timeline(room)
      .filter((item) => item.kind === 'text')
      .map((item) => item.text);
  }

  alerts(): string[] {
    return this.client.alerts().map((alert) => alert.name);
  }

  alerted(name: string): Promise<void> {
    return until(this.client, () => this.alerts().includes(name), `${this.handle} is told of ${name}`);
  }
}
