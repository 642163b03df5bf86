/**
 * One bit of an envelope is flipped, wherever it is: the server refuses it over a real connection; a server that does not is caught by the
 * receiving client, which shows no word of it and goes on. Messages over a raw connection: services/server-express/test/bad-envelopes.test.ts.
 */
import {
  type Bytes,
  b64,
  encodeHistoryGrant,
  isNack,
  parseEnvelope,
  readKeyChain,
  recipientOf,
  SottoError,
  verifyEnvelope,
} from '@sotto/protocol';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { applyEntry, type Sources } from '../../services/client/src/ledger/apply.ts';
import { Lie } from '../../services/client/src/ledger/lie.ts';
import { emptyLedger, type Ledger } from '../../services/client/src/ledger/state.ts';
import { flipped, headerBits, otherBits, Tally } from '../lib/flips.ts';
import type { Person } from '../lib/person.ts';
import { newestKeys, type Puppet } from '../lib/puppet.ts';
import { goesOn, Scene } from '../lib/scene.ts';
import { until } from '../lib/until.ts';

let scene: Scene;
let ada: Person;
let bob: Person;
let cyd: Person;
let puppet: Puppet;

beforeEach(async () => {
  scene = await Scene.of('ada', 'bob', 'cyd');
  [ada, bob, cyd] = scene.people as [Person, Person, Person];
  await bob.close();
  puppet = scene.puppet(bob);
});
afterEach(() => scene.dispose());

/** Bob opens his first epoch to Cyd. */
async function grant(): Promise<Bytes> {
  const { epoch, membership } = await puppet.seen();
  const secret = (await puppet.secret(epoch)) as Bytes;
  const since = [...membership.members.values()].find((m) => b64(m.account) === bob.account)?.since ?? 0;
  const to = cyd.mule;
  const keys = (await newestKeys(scene.server.store, membership)).filter(
    (k) => b64(k.device) === b64(to.device),
  );
  const body = await encodeHistoryGrant(scene.roomId, to.account, since, [{ epoch, secret }], keys);
  return puppet.grant(body);
}

async function commit(): Promise<Bytes> {
  const { envelope, made } = await puppet.commit();
  const id = parseEnvelope(envelope).header.id;
  await scene.server.store.stageWraps(scene.roomId, id, puppet.device, made.wraps, Date.now());
  return envelope;
}

const KINDS: [name: string, others: number, make: () => Promise<Bytes>][] = [
  ['message', 2000, () => puppet.message('as I wrote it')],
  ['commit', 500, commit],
  ['statement', 500, () => puppet.statement({ type: 'member.leave' })],
  ['history grant', 500, grant],
];

test.each(KINDS.slice(1))('a %s with a flipped bit is refused by the server', async (name, others, make) => {
  const line = await puppet.signIn(scene.url);
  const envelope = await make();
  const bits = [...headerBits(), ...otherBits(envelope, others)];
  const codes = new Tally();
  for (const bit of bits) {
    const answer = await line.send(flipped(envelope, bit));
    codes.add(isNack(answer) ? answer.error.code : 'accepted');
  }
  console.log(`tampering, server, ${name}: ${bits.length} bits; ${codes}`);
  expect(String(codes)).not.toContain('accepted');
  expect(codes.total).toBe(bits.length);
  expect(isNack(await line.send(envelope))).toBe(false);
  line.close();
});

/** The room as a member's client has verified it, and what it verifies it with. */
async function verified(): Promise<{ ledger: Ledger; sources: Sources }> {
  const { store } = scene.server;
  const sources: Sources = {
    keyChain: async (account) => {
      const chain = await readKeyChain(null, await store.chain(account, 1, 64));
      if (chain === null) throw new SottoError('unknown_account');
      return chain;
    },
    refresh: async () => undefined,
    recipients: async (epoch) => Promise.all((await store.wraps(scene.roomId, epoch)).map(recipientOf)),
    verify: verifyEnvelope,
  };
  let ledger = await emptyLedger(scene.roomId);
  for (const { seq, bytes } of await scene.log())
    ({ ledger } = await applyEntry(ledger, seq, bytes, [], sources));
  return { ledger, sources };
}

test.each(KINDS)('a %s with a flipped bit is named by who receives it', async (name, others, make) => {
  const { ledger, sources } = await verified();
  const known = new Map<string, ReturnType<Sources['keyChain']>>();
  const keyChain: Sources['keyChain'] = (account, seq) => {
    const chain = known.get(b64(account)) ?? sources.keyChain(account, seq);
    known.set(b64(account), chain);
    // To people whom nobody knows there is no key list: the server cannot show one.
    return chain.catch(() => Promise.reject(new Lie('key-chain-rollback', 'there is none', {})));
  };
  const apply = (bytes: Bytes) => applyEntry(ledger, ledger.seq + 1, bytes, [], { ...sources, keyChain });
  const envelope = await make();
  const bits = [...headerBits(), ...otherBits(envelope, others)];
  const alerts = new Tally();
  for (const bit of bits) {
    const outcome = await apply(flipped(envelope, bit)).then(
      () => 'accepted',
      (error: unknown) => (error instanceof Lie ? error.alert : String(error)),
    );
    alerts.add(outcome);
  }
  console.log(`tampering, client, ${name}: ${bits.length} bits; ${alerts}`);
  expect(String(alerts)).not.toMatch(/accepted|Error/);
  expect(alerts.total).toBe(bits.length);
  if (name === 'message') expect((await apply(envelope)).ledger.seq).toBe(ledger.seq + 1);
});

test('a server that lets all of them into the log: nothing of it is shown, and the room goes on', async () => {
  const envelope = await puppet.message('as I wrote it');
  const bits = [...headerBits(), ...otherBits(envelope, 2000)];
  // Read when they come back: handed out live, some of these would stop the honest rest of this server.
  await Promise.all([ada.close(), cyd.close()]);
  let seq = 0;
  for (const bit of bits) seq = await scene.server.letIn(flipped(envelope, bit), bob.mule, [], scene.roomId);
  await Promise.all([ada.open(), cyd.open()]);
  for (const one of [ada, cyd]) {
    await one.reaches(scene.room, seq);
    await until(one.client, () => one.alerts().length >= bits.length, 'each of them is named');
    const names = new Tally();
    for (const name of one.alerts()) names.add(name);
    console.log(`tampering, whole path, ${one.handle}: ${bits.length} bits; ${names}`);
    expect(one.alerts()).toHaveLength(bits.length);
    expect(one.texts(scene.room)).toEqual(['welcome']);
  }
  await goesOn(scene.room, [ada, cyd]);
  await scene.server.letIn(envelope, bob.mule);
  for (const one of [ada, cyd]) await one.sees(scene.room, 'as I wrote it');
});
