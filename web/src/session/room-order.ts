/** The list of rooms: where something was said last comes first, rooms that were left come last. */
import type { RoomView } from '@sotto/client';

/** Where nothing was said yet somebody is about to begin. */
const saidAt = (room: RoomView): number => room.preview?.at ?? Number.POSITIVE_INFINITY;

export const byActivity = (rooms: readonly RoomView[]): RoomView[] =>
  rooms.toSorted((a, b) => {
    const left = Number(a.role === null) - Number(b.role === null);
    if (left !== 0) return left;
    const [x, y] = [saidAt(a), saidAt(b)];
    return x === y ? a.name.localeCompare(b.name) : y - x;
  });
