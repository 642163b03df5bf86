/** What `npm run cluster` is told: arguments in, one frozen object out, all faults at once. */
import { parseArgs } from 'node:util';

export interface ClusterOptions {
  /** Express replicas. */
  readonly express: number;
  readonly host: string;
  /** Of the front; 0: a free one. */
  readonly port: number;
  readonly dataDir: string;
  /** One line for programs instead of several for people. */
  readonly json: boolean;
  readonly sticky: boolean;
}

const OPTIONS = {
  express: { type: 'string', default: '3' },
  host: { type: 'string', default: '127.0.0.1' },
  port: { type: 'string', default: '8080' },
  data: { type: 'string', default: './cluster-data' },
  json: { type: 'boolean', default: false },
  'no-sticky': { type: 'boolean', default: false },
} as const;

export const USAGE = `npm run cluster -- [options]
  --express N    Express replicas (${OPTIONS.express.default})
  --host H       where the front listens (${OPTIONS.host.default})
  --port P       its port (${OPTIONS.port.default}; 0: a free one)
  --data DIR     folder of Redis, the server keys and the logs (${OPTIONS.data.default})
  --json         print one line of JSON once all are ready
  --no-sticky    every connection to any replica; clients must use WebSocket`;

/** Throws an Error with one sentence a line. */
export function readOptions(argv: readonly string[]): ClusterOptions {
  const { values } = parseArgs({ args: [...argv], options: OPTIONS, strict: true });
  const faults: string[] = [];
  const integer = (name: 'express' | 'port', least: number, most: number): number => {
    const value = /^\d{1,5}$/.test(values[name]) ? Number(values[name]) : Number.NaN;
    if (!(value >= least && value <= most))
      faults.push(`--${name} must be a whole number from ${least} to ${most}, not "${values[name]}".`);
    return value;
  };
  const options = {
    express: integer('express', 1, 64),
    host: values.host,
    port: integer('port', 0, 65_535),
    dataDir: values.data,
    json: values.json,
    sticky: !values['no-sticky'],
  };
  if (faults.length > 0) throw new Error(faults.join('\n'));
  return Object.freeze(options);
}
