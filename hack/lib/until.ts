/** Waiting for what a client shows: on its events, never on a clock. */
import type { SottoClient } from '@sotto/client';

const EVENTS = ['alert', 'rooms', 'timeline', 'members', 'connection', 'account'] as const;
const LATEST_MS = 10_000;

/** Resolves once `holds` is true of what the client shows. Rejects, with `what` and all that it shows, when that takes too long. */
export function until(client: SottoClient, holds: () => boolean, what: string): Promise<void> {
  if (holds()) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const end = (): void => {
      clearTimeout(late);
      for (const stop of stops) stop();
    };
    const look = (): void => {
      if (!holds()) return;
      end();
      resolve();
    };
    const stops = EVENTS.map((event) => client.on(event, look));
    const late = setTimeout(() => {
      end();
      reject(new Error(`waited in vain until ${what}; ${shown(client)}`));
    }, LATEST_MS);
  });
}

/** What a client shows, in short: for a failed test. */
export function shown(client: SottoClient): string {
  const rooms = client.rooms().map((room) => ({
    head: room.head,
    epoch: room.epoch,
    role: room.role,
    blocked: room.blocked?.sentence ?? null,
    newest: client
      .timeline(room.room)
      .slice(-4)
      .map((item) => `${item.seq} ${item.send} ${item.text}`),
  }));
  const alerts = client.alerts().map((alert) => `${alert.name}: ${alert.sentence}`);
  return JSON.stringify({ who: client.account()?.handle, connection: client.connection(), alerts, rooms });
}
