/** Standard output for results, as JSON lines or for people; standard error for everything else. */
import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { inline, jsonLine } from './printable.ts';

export class Output {
  readonly #stdout: Writable;
  readonly #stderr: Writable;
  readonly json: boolean;

  constructor(stdout: Writable, stderr: Writable, json: boolean) {
    this.#stdout = stdout;
    this.#stderr = stderr;
    this.json = json;
  }

  /** One result: the object with `--json`, the text without. Resolves when the reader keeps up. */
  async record(object: object, text: string): Promise<void> {
    const line = this.json ? jsonLine(object) : text;
    if (!this.#stdout.write(`${line}\n`)) await once(this.#stdout, 'drain');
  }

  /** Many results of one sort: JSON lines, or columns under each other. `none` is said to people where there are none. */
  async table(rows: readonly { object: object; cells: readonly string[] }[], none: string): Promise<void> {
    if (rows.length === 0 && !this.json) return this.note(none);
    const texts = columns(rows.map(({ cells }) => cells));
    for (const [i, { object }] of rows.entries()) await this.record(object, texts[i] as string);
  }

  /** One sentence on standard error. */
  note(sentence: string): void {
    this.#stderr.write(`${inline(sentence)}\n`);
  }
}

/** Lines whose cells begin under each other. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, [...cell].length);
  }
  return rows.map((row) =>
    row
      .map((cell, i) => cell + ' '.repeat((widths[i] as number) - [...cell].length))
      .join('  ')
      .trimEnd(),
  );
}

const two = (n: number): string => String(n).padStart(2, '0');

/** `2026-03-01 14:02`, in the time zone of whoever reads it. */
export function clock(ms: number): string {
  const d = new Date(ms);
  const day = `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())}`;
  return `${day} ${two(d.getHours())}:${two(d.getMinutes())}`;
}

/** `1 member`, `2 members`. */
export const count = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? '' : 's'}`;
