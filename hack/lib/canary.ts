/**
 * The canary search: does any of these texts appear, in any spelling, in what was recorded on the line, in the
 * data folder or in the logs? Layers are opened as an eavesdropper would: HTTP bodies, WebSocket frames, SQLite rows.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { httpParts } from './http-stream.ts';
import { type Needle, needlesOf, occurring } from './needles.ts';
import { sqliteValues } from './sqlite-values.ts';

export interface Finding {
  readonly canary: string;
  readonly encoding: string;
  /** The file, and the layer of it in which the canary was found. */
  readonly place: string;
}

export interface SearchResult {
  readonly findings: readonly Finding[];
  /** So that a search of nothing cannot pass for a search without findings. */
  readonly files: number;
  readonly bytes: number;
}

/** Unknown neighbours join on both sides of a part, so parts are searched apart from one another. */
function search(needles: readonly Needle[], place: string, parts: readonly Buffer[]): Finding[] {
  const found = new Map<string, Finding>();
  for (const part of parts) {
    for (const { canary, encoding } of occurring(needles, part)) {
      found.set(`${canary}\0${encoding}`, { canary, encoding, place });
    }
  }
  return [...found.values()];
}

const filesUnder = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();

/** Searches a relay's capture folder, raw and opened. */
export function searchCapture(captureDir: string, canaries: readonly string[]): SearchResult {
  const needles = needlesOf(canaries);
  const files = filesUnder(captureDir);
  let bytes = 0;
  const findings = files.flatMap((file) => {
    const stream = readFileSync(file);
    bytes += stream.length;
    return [
      ...search(needles, `${file} (raw)`, [stream]),
      ...search(needles, `${file} (opened)`, httpParts(stream)),
    ];
  });
  return { findings, files: files.length, bytes };
}

/** Searches every file under the folders, raw, and the values of SQLite databases. Stop their writer before. */
export function searchFolders(folders: readonly string[], canaries: readonly string[]): SearchResult {
  const needles = needlesOf(canaries);
  const files = folders.flatMap(filesUnder);
  let bytes = 0;
  const findings = files.flatMap((file) => {
    const content = readFileSync(file);
    bytes += content.length;
    return [
      ...search(needles, `${file} (raw)`, [content]),
      // A value that runs over two pages of the file is whole here alone.
      ...search(needles, `${file} (rows)`, sqliteValues(file, content)),
    ];
  });
  return { findings, files: files.length, bytes };
}
