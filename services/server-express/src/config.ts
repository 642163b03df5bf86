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
} as const;

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
  const million = 1_000_000;
  const portName = args.port === undefined ? 'SOTTO_PORT' : '--port';
  const config: ReplicaConfig = {
    host: args.host ?? env.SOTTO_HOST ?? DEFAULTS.host,
    port: integer(portName, args.port ?? env.SOTTO_PORT, DEFAULTS.port, 0, 65_535),
    dataDir: args.data ?? env.SOTTO_DATA_DIR ?? './data',
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
