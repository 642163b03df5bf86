/** Every call of the contract and what answers it. */
import type { CallName } from '@sotto/protocol';
import { accountCreate, accountFind, chainRead, directory } from './account.ts';
import { backupFetch, backupMethod, backupPut, backupRead } from './backup.ts';
import type { Handler } from './context.ts';
import { chainExtend, deviceAdd } from './device.ts';
import { inviteOpen, inviteRead } from './invite.ts';
import { cursorSet, presenceOf, read, rooms, typing } from './room.ts';
import { recipientsFetch, wrapFetch, wrapsStage } from './wrap.ts';

export const CALLS: { readonly [N in CallName]: Handler<N> } = {
  'account.create': accountCreate,
  'account.find': accountFind,
  'backup.method': backupMethod,
  'backup.fetch': backupFetch,
  'backup.put': backupPut,
  'backup.read': backupRead,
  'chain.extend': chainExtend,
  'chain.read': chainRead,
  'cursor.set': cursorSet,
  'device.add': deviceAdd,
  directory,
  'invite.open': inviteOpen,
  'invite.read': inviteRead,
  presence: presenceOf,
  read,
  'recipients.fetch': recipientsFetch,
  rooms,
  typing,
  'wrap.fetch': wrapFetch,
  'wraps.stage': wrapsStage,
};
