/** Sending a stream of texts into one room: in order, several in flight, a result for each. */
import type { RoomView, SottoClientApi } from '../views.ts';
import { lossOf, Unreachable } from './patience.ts';

/** As many as a room takes in flight. */
const AHEAD = 32;

export interface Sent {
  readonly seq: number;
  readonly chain: string;
  readonly id: string;
}

/** A promise that nobody need wait for, and that only ever rejects. */
function alarm(): { rings: Promise<never>; ring: (error: unknown) => void } {
  const { promise, reject } = Promise.withResolvers<never>();
  promise.catch(() => {});
  return { rings: promise, ring: reject };
}

/** Why nothing can be sent to this room, with what to do about it; null where it can. */
export function obstacleIn(view: RoomView | undefined): Error | null {
  const blocked = view?.blocked ?? null;
  if (blocked === null) return null;
  const cure = blocked.alert === null ? '' : ` Then: sotto alerts --acknowledge ${blocked.alert}`;
  return new Error(`${blocked.sentence}${cure}`);
}

/** Rings when nothing can be sent to the room any more. `end` stops the watching. */
function watchObstacles(client: SottoClientApi, room: string): { rings: Promise<never>; end: () => void } {
  const { rings, ring } = alarm();
  const look = (views: readonly RoomView[]): void => {
    const obstacle = obstacleIn(views.find((view) => view.room === room));
    if (obstacle !== null) ring(obstacle);
  };
  const stopRooms = client.on('rooms', look);
  const stopConnection = client.on('connection', (state) => {
    if (state.state !== 'offline' || state.retryAt !== null) return;
    const kept = 'What was not acknowledged is kept and sent by the next command that can.';
    ring(new Unreachable(`${lossOf(state)} ${kept}`));
  });
  look(client.rooms());
  return {
    rings,
    end: () => {
      stopRooms();
      stopConnection();
    },
  };
}

/**
 * Sends `texts` and calls `print` for each that the log has, in order. Ends at the first that is refused, with the reason;
 * those after it that are under way already are still waited for.
 */
export async function sendAll(
  client: SottoClientApi,
  room: string,
  texts: AsyncIterable<string>,
  print: (sent: Sent) => Promise<void>,
  replyTo?: string,
): Promise<void> {
  const obstacle = watchObstacles(client, room);
  const refusal = alarm();
  let ended = false;

  const result = async (before: Promise<void>, id: string): Promise<void> => {
    const ack = client.acknowledged(room, id);
    // A refusal is looked at when those before it are through.
    ack.catch(() => {});
    await before;
    try {
      await print({ ...(await ack), id });
    } catch (error) {
      // Closing the client rejects too, and what is not refused stays in the outbox.
      if (ended) return;
      refusal.ring(error);
      await client.discard(room, id).catch(() => {});
    }
  };

  const reader = texts[Symbol.asyncIterator]();
  const results: Promise<void>[] = [];
  let last: Promise<void> = Promise.resolve();
  try {
    for (;;) {
      const next = await Promise.race([obstacle.rings, refusal.rings, reader.next()]);
      if (next.done === true) break;
      last = result(last, await client.sendText(room, next.value, replyTo));
      results.push(last);
      if (results.length >= AHEAD) await Promise.race([obstacle.rings, results.shift()]);
    }
  } finally {
    // What was handed over is waited for, also where the next text is refused at once.
    await Promise.race([obstacle.rings, last]).finally(() => {
      ended = true;
      obstacle.end();
    });
  }
  await Promise.race([refusal.rings, last]);
}
