/** The text of `src/wire.gen.ts`. */
import { fileURLToPath } from 'node:url';
import { compile } from 'json-schema-to-typescript';

const NOTICE = `/**
 * Made from schemas/*.json by scripts/make-wire-types.ts; not to be edited. Nothing is built on these types: they exist so
 * that the compiler compares the schemas with the types of \`wire.ts\` (see \`wire.gen.test.ts\`).
 */`;

/** Types by name, and the schema that each is made of. */
const ROOTS: Readonly<Record<string, string>> = {
  Hello: 'handshake.json#/$defs/hello',
  Auth: 'handshake.json#/$defs/auth',
  Credentials: 'handshake.json#/$defs/credentials',
  Welcome: 'handshake.json#/$defs/welcome',
  Calls: 'calls.json',
  Call: 'frames.json#/$defs/call',
  Reply: 'frames.json#/$defs/reply',
  Notice: 'frames.json#/$defs/notice',
  WireError: 'common.json#/$defs/wireError',
  Statement: 'statement.json#/$defs/statement',
  Membership: 'membership.json#/$defs/membership',
  Commit: 'bodies.json#/$defs/commit',
  HistoryGrant: 'bodies.json#/$defs/history',
  Payload: 'payload.json#/$defs/payload',
};

export async function wireTypes(): Promise<string> {
  const properties = Object.fromEntries(Object.entries(ROOTS).map(([name, $ref]) => [name, { $ref }]));
  const text = await compile(
    { type: 'object', properties, required: Object.keys(ROOTS), additionalProperties: false },
    'Wire',
    {
      cwd: fileURLToPath(new URL('../schemas/', import.meta.url)),
      bannerComment: '',
      ignoreMinAndMaxItems: true,
      declareExternallyReferenced: true,
      style: { singleQuote: true, printWidth: 110 },
    },
  );
  // The schemas hold the descriptions; here they would only be read twice.
  return `${NOTICE}\n\n${text.replace(/^ *\/\*\*[\s\S]*?\*\/\n/gm, '').trim()}\n`;
}
