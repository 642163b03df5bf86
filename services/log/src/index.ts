/** @sotto/log: the Store port and its adapters. */
export type { RedisStoreOptions } from './redis/options.ts';
export { openRedisStore } from './redis/store.ts';
export { StoreFault } from './redis/store-fault.ts';
export { openSqliteStore } from './sqlite/store.ts';
export type * from './store.ts';
