/** Signed statements of key chains, from the wire to the store. */

import type { StatementEffect } from '@sotto/log';
import {
  type Bytes,
  deviceIdOf,
  extendKeyChain,
  fromB64,
  type KeyChain,
  parseStatement,
  type SignedStatement,
  type Statement,
  type WireStatement,
} from '@sotto/protocol';
import type { Session } from '../connection/session.ts';
import { accepted, type CallParts } from './context.ts';

export const fromWire = (statement: WireStatement): SignedStatement => ({
  bytes: fromB64(statement.bytes),
  signature: fromB64(statement.signature),
});

/** What a statement that stands after the first changes in the store. */
export async function statementEffect(statement: Statement): Promise<StatementEffect> {
  switch (statement.type) {
    case 'device.add': {
      const spki = fromB64(statement.deviceKey);
      return { type: 'device.add', device: await deviceIdOf(spki), spki };
    }
    case 'device.revoke':
      return { type: 'device.revoke', device: fromB64(statement.device) };
    default:
      return { type: 'key.publish' };
  }
}

/**
 * Checks the statements against the account's chain, then stores them one by one; sessions that share a room are told, and a
 * revoked device is cut off. Answers the new position. Throws what `extendKeyChain` throws, before anything is stored.
 */
export async function extend(
  { store, keyChains, presence }: CallParts,
  account: Bytes,
  chain: KeyChain,
  signed: readonly SignedStatement[],
  session: Session,
): Promise<number> {
  let longer = chain;
  const steps: { seq: number; statement: SignedStatement; effect: StatementEffect }[] = [];
  for (const statement of signed) {
    longer = await extendKeyChain(longer, statement);
    steps.push({
      seq: longer.seq,
      statement,
      effect: await statementEffect(parseStatement(statement.bytes)),
    });
  }
  for (const { seq, statement, effect } of steps) {
    accepted(await store.extendChain(account, seq, statement, effect));
    if (effect.type === 'device.revoke') presence.revoked(account, effect.device);
  }
  // Takes the new statements in, so that the next commit does not wait for it.
  await keyChains.one(account);
  await presence.keysChanged(account, longer.seq, session);
  return longer.seq;
}
