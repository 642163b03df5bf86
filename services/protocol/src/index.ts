/**
 * @sotto/protocol: the contract. Pure: no I/O, no clock, no globals but WebCrypto. `./backup` stands apart because
 * its word list and Argon2id are loaded only when somebody signs up or restores.
 */
export type { BackupMethod } from './backup.ts';
export * from './batch.ts';
export * from './bytes.ts';
export * from './channel.ts';
export * from './commit.ts';
export * from './crypto.ts';
export * from './envelope.ts';
export * from './epoch.ts';
export * from './errors.ts';
export * from './history.ts';
export * from './identity.ts';
export * from './in-flight.ts';
export * from './invite.ts';
export * from './key-chain.ts';
export * from './limits.ts';
export * from './membership.ts';
export * from './merkle.ts';
export * from './payload.ts';
export * from './receipt.ts';
export * from './room-chain.ts';
export * from './safety.ts';
export * from './schemas.ts';
export * from './statement.ts';
export * from './wire.ts';
