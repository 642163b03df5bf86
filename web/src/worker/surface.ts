/** What the page may ask of the worker, and what the worker tells the page. The client itself lives in the worker alone. */
import type { AlertView, ClientEvents, SottoClientApi } from '@sotto/client';

/** News of the client, and of the worker: `ready` ends a snapshot, `elsewhere` says that another tab writes. */
export type News =
  | { [E in keyof ClientEvents]: { event: E; value: ClientEvents[E] } }[keyof ClientEvents]
  | { event: 'alerts'; value: AlertView[] }
  | { event: 'ready' }
  | { event: 'elsewhere' };

export type Tell = (news: News[]) => void;

/** Everything that travels back travels through `tell`, in one order; a result could overtake newer news. */
export interface WorkerSurface {
  /** Becomes the device's one writer and opens the client; tells `elsewhere` where another tab is it. */
  start(origin: string, tell: Tell): Promise<void>;
  /** Makes the other tab let go. */
  takeOver(): Promise<void>;
  /** From now on this room's timeline and members are told, beginning with all there is. */
  watch(room: string): void;
  unwatch(room: string): void;
  readonly client: SottoClientApi;
}
