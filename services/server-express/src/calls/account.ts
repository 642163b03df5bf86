/** Accounts: making one, finding one by handle, and the handles of those one has to do with. */

import type { StatementEffect } from '@sotto/log';
import {
  type Bytes,
  b64,
  equal,
  extendKeyChain,
  fromB64,
  handleCommitment,
  hex,
  isHandle,
  type KeyChain,
  parseStatement,
  recipientKeysAt,
  SottoError,
} from '@sotto/protocol';
import { hashAuth } from '../keys/backup-auth.ts';
import { backupItems } from './backup.ts';
import { accepted, type Handler, signedIn } from './context.ts';
import { fromWire, statementEffect } from './statements.ts';

export const accountCreate: Handler<'account.create'> = async (parts, { args, session }) => {
  if (!isHandle(args.handle)) throw new SottoError('bad_handle');
  await parts.limiters.signups.take(session.address);
  const statements = args.statements.map(fromWire);
  let chain: KeyChain | null = null;
  const effects: StatementEffect[] = [];
  for (const statement of statements) {
    const first = chain === null;
    chain = await extendKeyChain(chain, statement);
    if (!first) effects.push(await statementEffect(parseStatement(statement.bytes)));
  }
  if (chain === null || recipientKeysAt(chain, chain.seq).length === 0) {
    throw new SottoError('bad_statement', 'a new account needs a device with an encryption key');
  }
  if (!equal(chain.handle, await handleCommitment(chain.account, args.handle))) {
    throw new SottoError('bad_statement', 'the account is signed for another handle');
  }
  const authHash = await hashAuth(fromB64(args.backup.auth));
  accepted(
    await parts.store.createAccount({
      account: chain.account,
      handleIndex: await parts.handles.index(args.handle),
      sealedHandle: await parts.handles.seal(chain.account, args.handle),
      statements,
      effects,
      backup: { method: args.backup.method, authHash, wrapped: fromB64(args.backup.wrapped) },
      items: backupItems(args.items),
    }),
  );
  return { account: b64(chain.account) };
};

export const accountFind: Handler<'account.find'> = async (parts, { args, session }) => {
  signedIn(session);
  if (!isHandle(args.handle)) throw new SottoError('bad_handle');
  const account = await parts.store.accountByHandle(await parts.handles.index(args.handle));
  if (account === null) throw new SottoError('unknown_handle');
  return { account: b64(account) };
};

/** Answers for those accounts alone whose handle is the caller's business; the others are left out. */
export const directory: Handler<'directory'> = async ({ store, handles }, { args, session }) => {
  const identity = signedIn(session);
  const asked = args.accounts.map(fromB64);
  const mine = new Set((await store.memberships(identity.account)).map((m) => hex(m.room)));
  const knows = async (account: Bytes): Promise<boolean> =>
    equal(account, identity.account) ||
    session.introduced.has(hex(account)) ||
    (await store.memberships(account)).some((m) => mine.has(hex(m.room)));
  const known = (await Promise.all(asked.map(async (a) => ((await knows(a)) ? a : null)))).filter(
    (a) => a !== null,
  );
  const stored = (await store.accounts(known)).filter((s) => s !== null);
  const accounts = stored.map(async (s) => ({
    account: b64(s.account),
    handle: await handles.open(s.account, s.sealedHandle),
    seq: s.chainSeq,
  }));
  return { accounts: await Promise.all(accounts) };
};

/** Statements answered at once. */
const CHAIN_PAGE = 64;

export const chainRead: Handler<'chain.read'> = async ({ store }, { args }) => {
  const account = fromB64(args.account);
  const [stored] = await store.accounts([account]);
  if (stored === null || stored === undefined) throw new SottoError('unknown_account');
  const statements = await store.chain(account, args.from, CHAIN_PAGE);
  const onWire = statements.map((s) => ({ bytes: b64(s.bytes), signature: b64(s.signature) }));
  return { statements: onWire, seq: stored.chainSeq };
};
