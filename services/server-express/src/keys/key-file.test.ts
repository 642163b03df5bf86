import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { b64 } from '@sotto/protocol';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { keyFile } from './key-file.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sotto-keys-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('replicas that begin at once all get the same keys, and no other file is left', async () => {
  const path = join(folder, 'keys.json');
  const all = await Promise.all(Array.from({ length: 4 }, () => keyFile(path, null)));
  expect(new Set(all.map((material) => b64(material.storage))).size).toBe(1);
  expect(new Set(all.map((material) => b64(material.signing.spki))).size).toBe(1);
  expect(readdirSync(folder)).toEqual(['keys.json']);
});

test('a folder that cannot be written is said in one sentence', async () => {
  const path = join(folder, 'nowhere', 'keys.json');
  await expect(keyFile(path, null)).rejects.toThrow(`The server keys ${path} cannot be made (ENOENT).`);
});
