import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');

test('the threat model names every alert that a client can show, and no other', () => {
  const views = read('../../client/src/views.ts');
  const union = /export type AlertName =([^;]+);/.exec(views)?.[1] ?? '';
  const alerts = [...union.matchAll(/'([a-z-]+)'/g)].map((match) => match[1]);
  expect(alerts.length).toBeGreaterThan(10);
  const section = read('../THREATMODEL.md').split('## The alerts')[1] ?? '';
  const named = [...section.matchAll(/^\| `([a-z-]+)` \|/gm)].map((match) => match[1]);
  expect(named).toEqual(alerts);
});

test('the protocol names every label of the source, and the source every label of the protocol', () => {
  const labels = (text: string): string[] => [
    ...new Set([...text.matchAll(/sotto\/1\/[a-z/-]+/g)].map((match) => match[0])),
  ];
  const folder = new URL('./', import.meta.url);
  const sources = readdirSync(folder).filter((name) => name.endsWith('.ts') && !name.includes('.test.'));
  const inSource = labels(sources.map((name) => read(`./${name}`)).join('\n'));
  expect(labels(read('../PROTOCOL.md')).sort()).toEqual(
    inSource.filter((label) => !label.endsWith('/')).sort(),
  );
});
