/** A process to be killed: appends to a room of its own without end and prints each ack as `room seq digest`. */
import { hex } from '@sotto/protocol';
import { person, Room } from '../conformance/world.ts';
import { openSqliteStore } from '../src/index.ts';

const store = await openSqliteStore(process.argv[2] as string);
const room = new Room(store);
const me = await person(store);
await room.create(me);
await room.commit(me, [me]);
for (;;) {
  const request = await room.request(me, { type: 'message' });
  const ack = await room.append(request);
  if (!ack.ok) throw new Error(ack.code);
  process.stdout.write(`${hex(room.room)} ${ack.seq} ${hex(request.digest)}\n`);
}
