/** Devices and their keys: everything that makes a key chain longer. */
import { equal, fromB64, parseStatement, SottoError } from '@sotto/protocol';
import { type Handler, signedIn } from './context.ts';
import { extend, fromWire } from './statements.ts';

/** How a restored client, which has no device yet, admits one: the account key's signature is all the proof there is. */
export const deviceAdd: Handler<'device.add'> = async (parts, { args, session }) => {
  const signed = args.statements.map(fromWire);
  const statements = signed.map((s) => parseStatement(s.bytes));
  const [first] = statements;
  if (first?.type !== 'device.add' || statements.slice(1).some((s) => s.type !== 'key.publish')) {
    throw new SottoError('bad_statement', 'device.add, then key.publish');
  }
  const chain = await parts.keyChains.one(fromB64(first.account));
  if (chain === null) throw new SottoError('unknown_account');
  return { seq: await extend(parts, chain.account, chain, signed, session) };
};

export const chainExtend: Handler<'chain.extend'> = async (parts, { args, session }) => {
  const identity = signedIn(session);
  const signed = fromWire(args.statement);
  if (!equal(fromB64(parseStatement(signed.bytes).account), identity.account)) {
    throw new SottoError('not_entitled', 'the key list of another account');
  }
  const chain = await parts.keyChains.one(identity.account);
  if (chain === null) throw new SottoError('unknown_account');
  return { seq: await extend(parts, identity.account, chain, [signed], session) };
};
