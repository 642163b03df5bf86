/** The other replicas, as this one speaks to them. */
import type { Hint } from './hint.ts';

export interface Neighbours {
  /** Tells all others. It may be lost. */
  tell(hint: Hint): void;
  /** Accounts that are connected to other replicas in a room, base64url; those of replicas that do not answer in time are missing. */
  online(room: string): Promise<string[]>;
}

/** Where there are none: a replica over the embedded database. */
export const ALONE: Neighbours = { tell: () => undefined, online: async () => [] };

/** What a replica does with what it hears. */
export interface Hearing {
  hear(hint: Hint): Promise<void>;
  /** Accounts connected here in a room. */
  online(room: string): string[];
}
