/** membership.json and invite.json: a room's statements in order, the state after each, and what is refused at the end. */
import { b64, hex } from '../../src/bytes.ts';
import { sha256 } from '../../src/crypto.ts';
import type { SottoError } from '../../src/errors.ts';
import { formatInviteLink, makeInvite, proveJoin } from '../../src/invite.ts';
import {
  applyMembership,
  encodeMembership,
  joinProofBytes,
  type MembershipState,
  type MembershipStatement,
  parseMembership,
} from '../../src/membership.ts';
import { UNSAFE_TIME } from '../../testing/unsafe-person.ts';
import { ada, bob, eve, fixed, invitePair, pointOf, room, roomSalt } from './cast.ts';

const preview = { roomName: 'Kitchen 🍳', inviterHandle: 'person-0' };
const made = await makeInvite(room, preview, invitePair);
const proof = await proveJoin(invitePair.privateKey, room, made.invite, eve.account, eve.chain.fingerprint);

export async function invite() {
  const link = { invite: made.invite, fingerprint: ada.chain.fingerprint, secret: made.secret };
  return {
    link: formatInviteLink('https://chat.example', link),
    room: b64(room),
    invite: b64(made.invite),
    fingerprint: b64(link.fingerprint),
    secret: b64(made.secret),
    key: b64(made.key),
    sealed: b64(made.sealed),
    preview,
    join: {
      account: b64(eve.account),
      fingerprint: b64(eve.chain.fingerprint),
      signed: b64(joinProofBytes(room, made.invite, eve.account, eve.chain.fingerprint)),
      proof: b64(proof),
    },
  };
}

const seen = (state: MembershipState) => ({
  hash: b64(state.hash),
  changedAt: state.changedAt,
  members: [...state.members.values()]
    .map((m) => ({ account: b64(m.account), role: m.role, chain: m.chain, since: m.since }))
    .sort((a, b) => (a.account < b.account ? -1 : 1)),
  invites: [...state.invites.values()].map((i) => ({ invite: b64(i.invite), usesLeft: i.usesLeft })),
});

export async function membership() {
  const id = (p: typeof ada) => b64(p.account);
  const steps: [typeof ada, MembershipStatement][] = [
    [ada, { type: 'room.create', salt: b64(roomSalt), chain: pointOf(ada) }],
    [ada, { type: 'member.add', account: id(bob), role: 'member', chain: pointOf(bob) }],
    [
      bob,
      {
        type: 'invite.create',
        invite: b64(made.invite),
        key: b64(made.key),
        sealed: b64(made.sealed),
        expiresAt: UNSAFE_TIME + 604_800_000,
        uses: 2,
      },
    ],
    [
      eve,
      {
        type: 'member.join',
        invite: b64(made.invite),
        chain: pointOf(eve),
        fingerprint: b64(eve.chain.fingerprint),
        proof: b64(proof),
      },
    ],
    [ada, { type: 'member.role', account: id(bob), role: 'admin' }],
    [eve, { type: 'member.keys', chain: { seq: 4, hash: b64(await fixed('link', 32)) } }],
    [bob, { type: 'invite.revoke', invite: b64(made.invite) }],
    [bob, { type: 'member.remove', account: id(eve) }],
  ];
  let state: MembershipState | null = null;
  const entries = [];
  for (const [i, [by, statement]] of steps.entries()) {
    const body = encodeMembership(state, statement);
    // In a log the digest is that of the whole envelope; here, so that nothing else is needed, of the body.
    const digest = await sha256(body);
    const parsed = parseMembership(body);
    // Sequences jump as they do in a log, where messages and commits stand between.
    const seq = i === 0 ? 1 : 3 * i;
    state = await applyMembership(state, parsed.statement, parsed.prev, {
      room,
      sender: by.account,
      seq,
      digest,
    });
    entries.push({ sender: id(by), seq, digest: b64(digest), body: b64(body), state: seen(state) });
  }
  const last = state;
  const refusals: [string, typeof ada, MembershipStatement][] = [
    ['an admin removes an owner', bob, { type: 'member.remove', account: id(ada) }],
    ['an admin makes an owner', bob, { type: 'member.role', account: id(bob), role: 'owner' }],
    ['the last owner leaves', ada, { type: 'member.leave' }],
    ['a removed member speaks', eve, { type: 'member.leave' }],
    [
      'a member is added again',
      ada,
      { type: 'member.add', account: id(bob), role: 'member', chain: pointOf(bob) },
    ],
    ['a key position does not rise', ada, { type: 'member.keys', chain: pointOf(ada) }],
    ['a withdrawn invite', eve, steps[3]?.[1] as MembershipStatement],
  ];
  const refused = [];
  for (const [what, by, statement] of refusals) {
    const body = encodeMembership(last, statement);
    const parsed = parseMembership(body);
    const entry = { room, sender: by.account, seq: 30, digest: await sha256(body) };
    const code = await applyMembership(last, parsed.statement, parsed.prev, entry).then(
      () => 'accepted',
      (error: unknown) => (error as SottoError).code,
    );
    refused.push({ what, code, sender: id(by), seq: 30, digest: b64(entry.digest), body: b64(body) });
  }
  return {
    room: b64(room),
    names: { [hex(ada.account)]: 'ada', [hex(bob.account)]: 'bob', [hex(eve.account)]: 'eve' },
    entries,
    refused,
  };
}
