/** The verified entries of a room on the disk: pages of records, sealed, each with the room chain behind every entry. */
import { type Bytes, b64, concat } from '@sotto/protocol';
import { type Change, type Storage, sortable } from '../store/port.ts';
import type { Vault } from '../store/vault.ts';
import type { EntryRecord } from '../timeline/record.ts';

const HASH_BYTES = 32;
/** Small pages, as live chat leaves them, are joined up to this many entries when a room is loaded. */
const PAGE_ENTRIES = 256;

interface PageRow {
  readonly from: number;
  readonly count: number;
  /** 32 bytes an entry. */
  readonly chains: Bytes;
  readonly sealed: Bytes;
}

interface Page {
  readonly from: number;
  readonly records: readonly EntryRecord[];
  readonly chains: Bytes;
}

export class EntryLog {
  readonly #room: string;
  readonly #storage: Storage;
  readonly #vault: Vault;
  /** Where pages begin, ascending. */
  #starts: number[] = [];

  constructor(room: Bytes, storage: Storage, vault: Vault) {
    this.#room = b64(room);
    this.#storage = storage;
    this.#vault = vault;
  }

  /** All records in order, and the chain behind each. */
  async load(): Promise<{ records: EntryRecord[]; chains: Bytes[] }> {
    const rows = await this.#storage.list<PageRow>('entries', `${this.#room}/`);
    const pages = await Promise.all(rows.map(({ value }) => this.#open(value)));
    this.#starts = pages.map((page) => page.from);
    await this.#join(pages);
    const records = pages.flatMap((page) => page.records);
    const chains = pages.flatMap((page) =>
      page.records.map((_, i) => page.chains.slice(i * HASH_BYTES, (i + 1) * HASH_BYTES)),
    );
    return { records, chains };
  }

  /** What adds a page of entries `from`, `from + 1`, … */
  async append(from: number, records: readonly EntryRecord[], chains: readonly Bytes[]): Promise<Change> {
    this.#starts.push(from);
    return this.#change({ from, records, chains: concat(...chains) });
  }

  /** What puts other records in the place of those with the same sequences. */
  async replace(records: readonly EntryRecord[]): Promise<Change[]> {
    const byPage = new Map<number, EntryRecord[]>();
    for (const record of records) {
      const start = this.#starts.findLast((from) => from <= record.seq);
      if (start !== undefined) byPage.set(start, [...(byPage.get(start) ?? []), record]);
    }
    const changes: Change[] = [];
    for (const [start, changed] of byPage) {
      const row = await this.#storage.get<PageRow>('entries', this.#key(start));
      if (row === undefined) continue;
      const page = await this.#open(row);
      const bySeq = new Map(changed.map((record) => [record.seq, record]));
      changes.push(await this.#change({ ...page, records: page.records.map((r) => bySeq.get(r.seq) ?? r) }));
    }
    return changes;
  }

  /** Joins neighbours among small pages: a page an entry would make a long room slow to load. */
  async #join(pages: readonly Page[]): Promise<void> {
    const changes: Change[] = [];
    let run: Page[] = [];
    const flush = async (): Promise<void> => {
      const [first, ...others] = run;
      run = [];
      if (first === undefined || others.length === 0) return;
      const all = [first, ...others];
      changes.push(
        await this.#change({
          from: first.from,
          records: all.flatMap((page) => page.records),
          chains: concat(...all.map((page) => page.chains)),
        }),
      );
      const gone = new Set(others.map((page) => page.from));
      this.#starts = this.#starts.filter((from) => !gone.has(from));
      for (const from of gone) changes.push({ table: 'entries', key: this.#key(from), value: undefined });
    };
    let size = 0;
    for (const page of pages) {
      if (size + page.records.length > PAGE_ENTRIES) {
        await flush();
        size = 0;
      }
      run.push(page);
      size += page.records.length;
    }
    await flush();
    if (changes.length > 0) await this.#storage.write(changes);
  }

  async #open({ from, chains, sealed }: PageRow): Promise<Page> {
    return { from, chains, records: await this.#vault.open<EntryRecord[]>(this.#key(from), sealed) };
  }

  async #change({ from, records, chains }: Page): Promise<Change> {
    const sealed = await this.#vault.seal(this.#key(from), records);
    const value: PageRow = { from, count: records.length, chains, sealed };
    return { table: 'entries', key: this.#key(from), value };
  }

  #key(from: number): string {
    return `${this.#room}/${sortable(from)}`;
  }
}
