/** @sotto/log: the Store port and its adapters. */
export { openSqliteStore } from './sqlite/store.ts';
export type * from './store.ts';
