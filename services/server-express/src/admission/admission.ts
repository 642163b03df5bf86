/**
 * Admission (design section 6): form, then the store's atomic checks, in one order for every server. The id comes before
 * anything that could refuse a retry, and only the store knows it: so what the replica finds wrong by itself is put to
 * the store with the append that cannot succeed, and the earlier of the two refusals stands.
 */

import type { AppendRequest, AppendResult, Effect, Store } from '@sotto/log';
import { type Bytes, type Envelope, envelopeDigest, SottoError, verifyEnvelope } from '@sotto/protocol';
import type { KeyChains } from '../rooms/key-chains.ts';
import type { MembershipFolds } from '../rooms/membership-folds.ts';
import type { RoomChains } from '../rooms/room-chains.ts';
import { commitEffect } from './commit-effect.ts';
import { type Draft, draftOf } from './draft.ts';
import type { Lane } from './lane.ts';
import { membershipEffect } from './membership-effect.ts';
import { comesFirst } from './refusal-order.ts';

export interface AdmissionParts {
  readonly store: Store;
  readonly chains: RoomChains;
  readonly folds: MembershipFolds;
  readonly keyChains: KeyChains;
}

export interface Admitted {
  readonly seq: number;
  readonly at: number;
  readonly duplicate: boolean;
  /** The room chain at `seq`. */
  readonly chain: Bytes;
  readonly effect: Effect;
}

interface Prepared {
  readonly request: AppendRequest;
  /** What the replica found wrong by itself. */
  readonly finding: SottoError | null;
}

/** Admits an envelope or throws the refusal. Envelopes of one lane are appended in the order of these calls. */
export async function admit(
  parts: AdmissionParts,
  lane: Lane,
  envelope: Envelope,
  deviceKey: CryptoKey,
): Promise<Admitted> {
  const draft = draftOf(envelope);
  parts.chains.check(envelope.header.room);
  const { request, result } = await lane.run(
    draft.kind !== 'message',
    () => prepare(parts, envelope, draft, deviceKey),
    async ({ request, finding }) => ({ request, result: await append(parts.store, request, finding) }),
  );
  const known = { from: request.position, digests: result.digests };
  const chain = await parts.chains.at(request.room, result.seq, known);
  return { seq: result.seq, at: result.at, duplicate: result.duplicate, chain, effect: request.effect };
}

async function prepare(
  parts: AdmissionParts,
  envelope: Envelope,
  draft: Draft,
  deviceKey: CryptoKey,
): Promise<Prepared> {
  const { header, bytes } = envelope;
  const [digest, signatureValid, position] = await Promise.all([
    envelopeDigest(bytes),
    verifyEnvelope(envelope, deviceKey),
    parts.chains.position(header.room),
  ]);
  let effect: Effect = draft.effect;
  let finding: SottoError | null = null;
  try {
    effect = await effectOf(parts, draft, envelope, digest);
  } catch (error) {
    if (!(error instanceof SottoError) || error.code === 'unavailable') throw error;
    finding = error;
  }
  const { room, kind, epoch, commit, account, device, deviceSeq, id, previous } = header;
  const sender = { room, kind, epoch, commit, account, device, deviceSeq, id, previous };
  const now = Date.now();
  const valid = signatureValid && finding === null;
  return { request: { ...sender, bytes, digest, signatureValid: valid, now, position, effect }, finding };
}

async function effectOf(
  parts: AdmissionParts,
  draft: Draft,
  envelope: Envelope,
  digest: Bytes,
): Promise<Effect> {
  const { room, account, device, id } = envelope.header;
  switch (draft.kind) {
    case 'message':
      return draft.effect;
    case 'membership':
      return membershipEffect(parts, draft, { room, sender: account, digest });
    case 'commit':
      return commitEffect(parts, draft, { room, id, device });
    case 'history': {
      // Nobody can open to others what is closed to oneself.
      const own = await parts.store.membership(room, account);
      if (own !== null && draft.effect.since < own.since) {
        throw new SottoError('not_entitled', 'the grant reaches back before your own history');
      }
      return draft.effect;
    }
  }
}

async function append(
  store: Store,
  request: AppendRequest,
  finding: SottoError | null,
): Promise<Extract<AppendResult, { ok: true }>> {
  const result = await store.append(request);
  if (result.ok) return result;
  if (finding !== null && comesFirst(finding.code, result.code)) throw finding;
  throw new SottoError(result.code, result.detail);
}
