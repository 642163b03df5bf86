/** The 40 texts that must appear nowhere outside the two browsers. */
import { hex, randomBytes } from '@sotto/protocol';

export interface Canaries {
  readonly handles: readonly [string, string, string];
  readonly roomName: string;
  /** A reaction may be any short text; a single emoji could not be told from chance. */
  readonly reactions: readonly [string, string];
  /** For messages, replies, edits, deleted messages and code. */
  readonly texts: readonly string[];
  readonly all: readonly string[];
}

const SCRIPTS = ['latin', 'ελληνικά', 'русский', '日本語の', 'עברית', 'العربية', '𐌲𐌿𐍄𐌹𐍃𐌺', '🐤🦜🦉'];
const TEXTS = 34;

/** Fresh in every run, so that no earlier run's files can be mistaken for this one's. */
export function makeCanaries(): Canaries {
  const tag = (): string => hex(randomBytes(5));
  const handles = [`kanarek-${tag()}`, `kanari-${tag()}`, `kanarienvogel-${tag()}`] as const;
  const reactions = [`🐤 ${tag()}`, `🦜 ${tag()}`] as const;
  const roomName = `Voliere ${tag()}`;
  const texts = Array.from({ length: TEXTS }, (_, i) => `canary ${SCRIPTS[i % SCRIPTS.length]} ${tag()}`);
  return { handles, roomName, reactions, texts, all: [...handles, roomName, ...reactions, ...texts] };
}
