/** What a client has verified of one room. A value: the checks take one and return the next. */
import { type Bytes, type CommitBody, chainStart, type MembershipState } from '@sotto/protocol';
import { ChainMemory } from './chain-memory.ts';

/** The commit in force. */
export interface EpochState {
  readonly number: number;
  /** Whole hash of the commit's envelope. */
  readonly hash: Bytes;
  readonly seq: number;
  readonly committer: Bytes;
  readonly body: CommitBody;
}

/** The newest envelope of one device in this room. */
export interface WriterState {
  readonly seq: number;
  readonly digest: Bytes;
  /** Its sequence in the room. */
  readonly at: number;
}

export interface Ledger {
  readonly room: Bytes;
  /** Highest sequence applied, and the room chain there. */
  readonly seq: number;
  readonly chain: Bytes;
  /** The chain at the newest sequences: what other members' gossip is compared with. */
  readonly hashes: ChainMemory;
  readonly membership: MembershipState | null;
  readonly epoch: EpochState | null;
  /** By hexadecimal device id. */
  readonly writers: ReadonlyMap<string, WriterState>;
  /** Sequence of the newest entry that came as a digest alone, 0 for none: of its sender nothing is known. */
  readonly hiddenAt: number;
}

export async function emptyLedger(room: Bytes): Promise<Ledger> {
  const chain = await chainStart(room);
  const hashes = new ChainMemory().with(0, chain);
  return { room, seq: 0, chain, hashes, membership: null, epoch: null, writers: new Map(), hiddenAt: 0 };
}
