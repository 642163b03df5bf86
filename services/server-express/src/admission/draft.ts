/**
 * What an envelope's body says by itself, before any state is looked at: its form, and the effect as far as it is known. A
 * body that has no form was never stored, so these refusals need no look at the log.
 */

import type { Effect } from '@sotto/log';
import {
  type Bytes,
  type CommitBody,
  changesRecipients,
  type Envelope,
  equal,
  fromB64,
  isZero,
  KIND,
  type MembershipStatement,
  parseCommit,
  parseHistoryGrant,
  parseMembership,
  SottoError,
} from '@sotto/protocol';

export type Draft =
  | { readonly kind: 'message'; readonly effect: Effect }
  | { readonly kind: 'history'; readonly effect: Extract<Effect, { type: 'history' }> }
  | {
      readonly kind: 'commit';
      readonly body: CommitBody;
      readonly effect: Extract<Effect, { type: 'commit' }>;
    }
  | {
      readonly kind: 'membership';
      readonly statement: MembershipStatement;
      readonly prev: Bytes;
      readonly effect: Extract<Effect, { type: 'membership' }>;
    };

const bad = (why: string) => new SottoError('bad_envelope', why);

/** Throws `bad_envelope` or `too_large`. */
export function draftOf({ header, body }: Envelope): Draft {
  switch (header.kind) {
    case KIND.message:
      return { kind: 'message', effect: { type: 'message' } };
    case KIND.commit: {
      const commit = parseCommit(body);
      if (commit.epoch !== header.epoch) throw bad('the commit names another epoch than its header');
      if (!equal(commit.previous.slice(0, 16), header.commit))
        throw bad('the commit names another predecessor');
      return { kind: 'commit', body: commit, effect: { type: 'commit', body: commit, chains: [] } };
    }
    case KIND.membership: {
      const { statement, prev } = parseMembership(body);
      const creates = statement.type === 'room.create';
      if (creates && (header.epoch !== 0 || !isZero(header.commit)))
        throw bad('a room begins before epoch 1');
      const effect = {
        type: 'membership' as const,
        prev,
        creates,
        epochDue: changesRecipients(statement.type),
        members: [],
        invites: [],
        joinsBy: statement.type === 'member.join' ? fromB64(statement.invite) : null,
      };
      return { kind: 'membership', statement, prev, effect };
    }
    case KIND.history: {
      const { to, since } = parseHistoryGrant(body);
      return { kind: 'history', effect: { type: 'history', to, since } };
    }
  }
}
