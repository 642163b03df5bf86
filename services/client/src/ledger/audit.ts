/**
 * The audit of a commit: did it wrap to exactly the devices that the members' own key chains name, each with its newest
 * key? Every member does it, so a committer or a server that slips a key in, or keeps one back, is seen by all.
 */
import {
  type CommitBody,
  equal,
  hex,
  type KeyChain,
  type MembershipState,
  type Recipient,
  recipientKeysAt,
  recipientsRoot,
  sameKeys,
} from '@sotto/protocol';
import { Lie } from './lie.ts';

/**
 * Throws a `Lie`: `ghost-device` (a device that no member admitted, or a list that is not the commit's), `planted-room-key` (a key that
 * its device never published), `newest-key-withheld` (an older key, or a member's device left out). `chains`: by hexadecimal account id, each known at least as far as the log names.
 */
export async function auditCommit(
  body: CommitBody,
  membership: MembershipState,
  recipients: readonly Recipient[],
  chains: ReadonlyMap<string, KeyChain>,
): Promise<void> {
  const evidence = { epoch: body.epoch, root: body.root };
  if (recipients.length !== body.count || !equal(await recipientsRoot(recipients), body.root)) {
    throw new Lie(
      'ghost-device',
      'The list of who got the new room key is not the one that was signed.',
      evidence,
    );
  }
  const left = new Map(recipients.map((r) => [hex(r.device), r]));
  for (const [id, member] of membership.members) {
    const chain = chains.get(id);
    if (chain === undefined || chain.seq < member.chain.seq) {
      throw new Lie('key-chain-rollback', 'The server keeps back part of a member’s key list.', evidence);
    }
    const theirs = recipients.filter((r) => chain.devices.has(hex(r.device)));
    // The committer may have known a newer position than the log names, never an older one.
    let found = false;
    for (let seq = member.chain.seq; seq <= chain.seq && !found; seq++) {
      found = sameKeys(theirs, recipientKeysAt(chain, seq));
    }
    if (!found) {
      const live = recipientKeysAt(chain, chain.seq).map((key) => hex(key.device));
      const ghost = theirs.find((r) => !live.includes(hex(r.device)));
      if (ghost !== undefined) {
        const evidenceOfGhost = { ...evidence, device: ghost.device };
        throw new Lie('ghost-device', 'A device that was removed got the new room key.', evidenceOfGhost);
      }
      const isPublished = (r: Recipient): boolean =>
        chain.devices.get(hex(r.device))?.keys.some((key) => equal(key.keyId, r.keyId)) === true;
      const planted = theirs.find((r) => !isPublished(r));
      if (planted !== undefined) {
        const foreign = {
          ...evidence,
          account: member.account,
          device: planted.device,
          keyId: planted.keyId,
        };
        const said = 'The new room key was made for a key that its member never published.';
        throw new Lie('planted-room-key', said, foreign);
      }
      const sentence = 'The new room key was not made for a member’s newest keys.';
      throw new Lie('newest-key-withheld', sentence, { ...evidence, account: member.account });
    }
    for (const r of theirs) left.delete(hex(r.device));
  }
  const [ghost] = left.values();
  if (ghost !== undefined) {
    const sentence = 'A device that belongs to no member got the new room key.';
    throw new Lie('ghost-device', sentence, { ...evidence, device: ghost.device });
  }
}
