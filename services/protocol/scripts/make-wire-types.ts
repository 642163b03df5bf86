/** Writes `src/wire.gen.ts`: TypeScript types of the schemas. A test compares them with the types written by hand. */
import { writeFileSync } from 'node:fs';
import { wireTypes } from './wire-types.ts';

writeFileSync(new URL('../src/wire.gen.ts', import.meta.url), await wireTypes());
