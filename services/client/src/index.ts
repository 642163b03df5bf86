/** @sotto/client: the headless client. So far its surface (`views.ts`) and its connection to a replica. */
export { Connection, type ConnectionEvents, type ConnectionOptions } from './connection/connection.ts';
export { type Identity, ServerKeyChanged } from './connection/handshake.ts';
export type { Session } from './connection/session.ts';
export type * from './views.ts';
