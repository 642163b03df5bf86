/** What flies alone: statements about members, commits and history grants, each made for the room as it is when its turn comes. */
import {
  type Bytes,
  encodeHistoryGrant,
  encodeMembership,
  hex,
  KIND,
  LIMITS,
  type MembershipStatement,
  messageIdAt,
  recipientKeysAt,
  SottoError,
  signPlain,
} from '@sotto/protocol';
import type { People } from '../people/people.ts';
import type { Committer, MadeCommit } from './committer.ts';
import type { Epochs } from './epochs.ts';
import type { Control } from './sender.ts';

/** How a control ended: null where it was no longer needed. */
type Ack = { seq: number; chain: string } | null;

export interface Outcome {
  done(ack: Ack): void;
  failed(error: Error): void;
}

/** A promise and the two ends that a control needs. */
export function outcome(): { promise: Promise<Ack>; ends: Outcome } {
  const { promise, resolve, reject } = Promise.withResolvers<Ack>();
  return { promise, ends: { done: resolve, failed: reject } };
}

/** A statement about members. `statement` says what is still needed of it; null: nothing. */
export function statementControl(
  deviceKey: CryptoKey,
  statement: () => MembershipStatement | null,
  ends: Outcome,
  afterMessages = false,
): Control {
  const id = messageIdAt(Date.now());
  return {
    ...ends,
    afterMessages,
    again: true,
    async make(ledger, draft) {
      const wanted = statement();
      if (wanted === null) return null;
      const body = encodeMembership(ledger.membership, wanted);
      return { id, envelope: await signPlain(KIND.membership, draft(id), body, deviceKey) };
    },
  };
}

/** The next epoch. When somebody else was first it is given up; whether another is needed is judged anew. */
export function commitControl(
  committer: Committer,
  made: (commit: MadeCommit) => void,
  ends: Outcome,
): Control {
  return {
    ...ends,
    again: false,
    async make(ledger, draft) {
      const commit = await committer.make(ledger, (id, epoch) => draft(id, epoch));
      made(commit);
      return commit;
    },
  };
}

/** Secrets that fit into one grant beside the wraps of 16 devices: each takes some 72 bytes of the envelope. */
const GRANTED_EPOCHS = 700;

/** Opens the log from `ownSince` on (or from as far back as one envelope can carry) to a member that joined later. */
export function grantControl(
  parts: { people: People; epochs: Epochs; deviceKey: CryptoKey },
  to: Bytes,
  ownSince: number,
  ends: Outcome,
): Control {
  const id = messageIdAt(Date.now());
  return {
    ...ends,
    again: true,
    async make(ledger, draft) {
      const member = ledger.membership?.members.get(hex(to));
      if (member === undefined) throw new SottoError('not_member', 'the one who would read earlier messages');
      const held = await parts.epochs.heldBefore(member.since);
      if (held.length === 0)
        throw new SottoError('bad_request', 'this device has no earlier messages to share');
      const granted = held.slice(-GRANTED_EPOCHS);
      const since = granted.length === held.length ? ownSince : (granted[0]?.seq ?? ownSince);
      const [chain] = await parts.people.newest([to]);
      if (chain === undefined) throw new SottoError('unknown_account');
      const body = await encodeHistoryGrant(
        ledger.room,
        to,
        since,
        granted,
        recipientKeysAt(chain, chain.seq),
      );
      if (body.length > LIMITS.envelopeBytes) throw new SottoError('too_large', 'history grant');
      return { id, envelope: await signPlain(KIND.history, draft(id), body, parts.deviceKey) };
    },
  };
}
