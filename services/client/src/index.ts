/**
 * @sotto/client: the headless client. Its storage comes from outside: `@sotto/client/indexed-db` in browsers, `/file` in programs,
 * `/memory` in tests.
 */
export { type ClientOptions, SottoClient } from './client.ts';
export type { KeySource } from './keys.ts';
export type { Storage } from './store/port.ts';
export type * from './views.ts';
