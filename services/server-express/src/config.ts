/**
 * Configuration: command line and environment in, one frozen object out, every fault reported at once. Only `main.ts`
 * calls this; everything else is handed the object.
 */
import { parseArgs } from 'node:util';
import { LIMITS } from '@sotto/protocol';

export interface ReplicaConfig {
  /** Address to listen on. */
  readonly host: string;
  /** 0: a free port, told by the started replica. */
  readonly port: number;
  /** Folder of the database and of the server keys; made where it is missing. */
  readonly dataDir: string;
  /** The Redis that all replicas share, as redis:// or rediss://; null: the embedded database in `dataDir`, one replica. */
  readonly redisUrl: string | null;
  /** File of the server keys, the same for all replicas; null: `server-keys.json` in `dataDir`. */
  readonly keysFile: string | null;
  /** What a load balancer knows this replica by, told to clients in a cookie on their handshake; null: no cookie. */
  readonly route: string | null;
  /** Folder of the built web client. */
  readonly webDir: string;
  readonly logLevel: LogLevel;
  /** Reverse proxies in front whose X-Forwarded-For is believed; 0 believes none. */
  readonly trustedProxies: number;
  readonly framesPerSecond: number;
  readonly frameBurst: number;
  /** Sign-ups an hour from one address. */
  readonly signupsPerHour: number;
  readonly restoreTriesPerHour: number;
}

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** What a replica does where nobody says otherwise. `webDir` and `dataDir` depend on where it runs. */
export const DEFAULTS = {
  host: '127.0.0.1',
  port: 8080,
  redisUrl: null,
  keysFile: null,
  route: null,
  logLevel: 'info' as LogLevel,
  trustedProxies: 0,
  framesPerSecond: LIMITS.framesPerSecond,
  frameBurst: LIMITS.frameBurst,
  signupsPerHour: LIMITS.signupsPerHour,
  restoreTriesPerHour: LIMITS.restoreTriesPerHour,
} as const;

/** All that was wrong with a configuration, one sentence each. */
export class ConfigFaults extends Error {
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(faults.join(' '));
    this.name = 'ConfigFaults';
    this.faults = faults;
  }
}

const OPTIONS = {
  port: { type: 'string' },
  host: { type: 'string' },
  data: { type: 'string' },
  redis: { type: 'string' },
} as const;

const REDIS_SCHEMES = ['redis:', 'rediss:'];
/** It becomes a cookie's value and a word of a load balancer's configuration. */
const ROUTE = /^[A-Za-z0-9_-]{1,64}$/;

function readArguments(argv: readonly string[], faults: string[]): Record<string, string> {
  const { tokens } = parseArgs({ args: [...argv], options: OPTIONS, strict: false, tokens: true });
  const found: Record<string, string> = {};
  for (const token of tokens) {
    if (token.kind === 'positional') faults.push(`Unknown argument ${token.value}.`);
    if (token.kind !== 'option') continue;
    if (!Object.hasOwn(OPTIONS, token.name)) faults.push(`Unknown option ${token.rawName}.`);
    else if (token.value === undefined || token.value === '')
      faults.push(`Option ${token.rawName} needs a value.`);
    else found[token.name] = token.value;
  }
  return found;
}

export const USAGE = `Options:
  --port N       where it listens; 0 takes a free one (SOTTO_PORT, ${DEFAULTS.port})
  --host H       the address it listens on (SOTTO_HOST, ${DEFAULTS.host})
  --data DIR     the folder of its database and keys (SOTTO_DATA_DIR, ./data)
  --redis URL    a Redis instead of the database (SOTTO_REDIS_URL)
More is set in the environment: services/server-express/README.md.
`;

/** The address of a Redis. A fault does not quote it: it may hold a password. */
function redisUrlOf(name: string, text: string | undefined, faults: string[]): string | null {
  if (text === undefined) return null;
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url !== null && REDIS_SCHEMES.includes(url.protocol) && url.hostname !== '') return text;
  faults.push(`${name} must be an address such as redis://127.0.0.1:6379.`);
  return null;
}

/** `argv` without node and script. Throws `ConfigFaults`. */
export function readConfig(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  webDir: string,
): ReplicaConfig {
  const faults: string[] = [];
  const args = readArguments(argv, faults);
  const integer = (
    name: string,
    text: string | undefined,
    fallback: number,
    least: number,
    most: number,
  ): number => {
    if (text === undefined) return fallback;
    const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    faults.push(`${name} must be a whole number from ${least} to ${most}, not "${text}".`);
    return fallback;
  };
  const level = env.SOTTO_LOG_LEVEL ?? DEFAULTS.logLevel;
  if (!LOG_LEVELS.includes(level as LogLevel)) {
    faults.push(`SOTTO_LOG_LEVEL must be one of ${LOG_LEVELS.join(', ')}, not "${level}".`);
  }
  const route = env.SOTTO_ROUTE ?? null;
  if (route !== null && !ROUTE.test(route)) {
    faults.push(`SOTTO_ROUTE must be 1 to 64 letters, digits, _ or -, not "${route}".`);
  }
  const million = 1_000_000;
  const redisName = args.redis === undefined ? 'SOTTO_REDIS_URL' : '--redis';
  const portName = args.port === undefined ? 'SOTTO_PORT' : '--port';
  const config: ReplicaConfig = {
    host: args.host ?? env.SOTTO_HOST ?? DEFAULTS.host,
    port: integer(portName, args.port ?? env.SOTTO_PORT, DEFAULTS.port, 0, 65_535),
    dataDir: args.data ?? env.SOTTO_DATA_DIR ?? './data',
    redisUrl: redisUrlOf(redisName, args.redis ?? env.SOTTO_REDIS_URL, faults),
    keysFile: env.SOTTO_KEYS_FILE ?? null,
    route,
    webDir: env.SOTTO_WEB_DIR ?? webDir,
    logLevel: level as LogLevel,
    trustedProxies: integer(
      'SOTTO_TRUSTED_PROXIES',
      env.SOTTO_TRUSTED_PROXIES,
      DEFAULTS.trustedProxies,
      0,
      10,
    ),
    framesPerSecond: integer(
      'SOTTO_FRAMES_PER_SECOND',
      env.SOTTO_FRAMES_PER_SECOND,
      DEFAULTS.framesPerSecond,
      1,
      million,
    ),
    frameBurst: integer('SOTTO_FRAME_BURST', env.SOTTO_FRAME_BURST, DEFAULTS.frameBurst, 1, million),
    signupsPerHour: integer(
      'SOTTO_SIGNUPS_PER_HOUR',
      env.SOTTO_SIGNUPS_PER_HOUR,
      DEFAULTS.signupsPerHour,
      1,
      million,
    ),
    restoreTriesPerHour: integer(
      'SOTTO_RESTORE_TRIES_PER_HOUR',
      env.SOTTO_RESTORE_TRIES_PER_HOUR,
      DEFAULTS.restoreTriesPerHour,
      1,
      million,
    ),
  };
  if (faults.length > 0) throw new ConfigFaults(faults);
  return Object.freeze(config);
}
