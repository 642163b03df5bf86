import type { RoomView } from '@sotto/client';
import { expect, test } from 'vitest';
import { byActivity } from './room-order.ts';

const room = (name: string, at: number | null, role: RoomView['role'] = 'member') =>
  ({ name, role, preview: at === null ? null : { handle: 'ann', text: '', at } }) as RoomView;

test('new rooms, then the newest said, then what was left', () => {
  const rooms = [room('left', 9, null), room('old', 1), room('b', null), room('recent', 5), room('a', null)];
  expect(byActivity(rooms).map((r) => r.name)).toEqual(['a', 'b', 'recent', 'old', 'left']);
});
