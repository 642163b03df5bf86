/** What is verified of a room, on the disk: enough to go on where this device stopped, without asking anybody. */
import {
  type Bytes,
  b64,
  fromB64,
  fromHex,
  hex,
  type MembershipState,
  type RoomSummary,
} from '@sotto/protocol';
import { ChainMemory } from '../ledger/chain-memory.ts';
import { type EpochState, emptyLedger, type Ledger, type WriterState } from '../ledger/state.ts';
import type { Change, Storage } from '../store/port.ts';
import type { PromiseSource } from './promises.ts';

export interface RoomNotes {
  readonly summary: RoomSummary;
  readonly receipt: { seq: number; chain: string } | null;
  /** The alert at which the room stopped. */
  readonly halted: string | null;
  /** While it is stopped: what the server had promised. A restart must not make the promise forgotten. */
  readonly promised: readonly { seq: number; chain: string; source: PromiseSource; proof: string }[];
}

interface RoomRow extends RoomNotes {
  readonly seq: number;
  readonly chain: Bytes;
  readonly hiddenAt: number;
  readonly epoch: EpochState | null;
}

const membersKey = (room: string): string => `${room}/members`;

const calledKey = (room: string): string => `called/${room}`;

/** What the invite called a room: a newcomer cannot read how it was named. Empty where there was none. */
export const calledOf = async (storage: Storage, room: string): Promise<string> =>
  (await storage.get<string>('meta', calledKey(room))) ?? '';

export const calledChanges = (called: readonly { room: string; name: string }[]): Change[] =>
  called.map(({ room, name }) => ({ table: 'meta', key: calledKey(room), value: name }));

/** The rooms that this device knows. */
export async function listRooms(storage: Storage): Promise<string[]> {
  return (await storage.list('rooms')).map(({ key }) => key).filter((key) => !key.includes('/'));
}

/** How far the room's log is kept; 0 where it was never met. */
export const keptSeq = async (storage: Storage, room: string): Promise<number> =>
  (await storage.get<RoomRow>('rooms', room))?.seq ?? 0;

/** The ledger and notes of a room; null where it was never met. `chains`: the chain behind entries 1, 2, … */
export async function loadRoom(
  storage: Storage,
  room: string,
  chains: readonly Bytes[],
): Promise<{ ledger: Ledger; notes: RoomNotes } | null> {
  const row = await storage.get<RoomRow>('rooms', room);
  if (row === undefined) return null;
  const { seq, chain, hiddenAt, epoch, ...notes } = row;
  const membership = (await storage.get<MembershipState>('rooms', membersKey(room))) ?? null;
  const writers = new Map<string, WriterState>();
  for (const { key, value } of await storage.list<WriterState>('writers', `${room}/`)) {
    writers.set(hex(fromB64(key.slice(room.length + 1))), value);
  }
  const begun = await emptyLedger(fromB64(room));
  const hashes = chains.reduce(
    (memory, hash, i) => memory.with(i + 1, hash),
    begun.hashes ?? new ChainMemory(),
  );
  return { ledger: { ...begun, seq, chain, hiddenAt, epoch, membership, writers, hashes }, notes };
}

/** What is to be written after `before` became `ledger`. */
export function roomChanges(before: Ledger | null, ledger: Ledger, notes: RoomNotes): Change[] {
  const room = b64(ledger.room);
  const { seq, chain, hiddenAt, epoch } = ledger;
  const row: RoomRow = { ...notes, seq, chain, hiddenAt, epoch };
  const changes: Change[] = [{ table: 'rooms', key: room, value: row }];
  if (ledger.membership !== before?.membership) {
    changes.push({ table: 'rooms', key: membersKey(room), value: ledger.membership ?? undefined });
  }
  for (const [device, state] of ledger.writers) {
    if (before?.writers.get(device) === state) continue;
    changes.push({ table: 'writers', key: `${room}/${b64(fromHex(device))}`, value: state });
  }
  return changes;
}
