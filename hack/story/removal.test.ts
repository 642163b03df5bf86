/** After a removal: the server refuses the removed one, the others refuse it where the server does not, and it can open nothing more. */
import {
  type Bytes,
  b64,
  isNack,
  KIND,
  openMessage,
  parseCommit,
  parseEnvelope,
  type SottoError,
  senderKeyOf,
  unwrapSecret,
} from '@sotto/protocol';
import { unsafeEncryptionPair } from '@sotto/protocol/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Person } from '../lib/person.ts';
import { goesOn, Scene } from '../lib/scene.ts';
import { until } from '../lib/until.ts';

let scene: Scene;
let ada: Person;
let bob: Person;
let cyd: Person;

beforeEach(async () => {
  scene = await Scene.of('ada', 'bob', 'cyd');
  [ada, bob, cyd] = scene.people as [Person, Person, Person];
  await bob.say(scene.room, 'while I was here');
  await ada.sees(scene.room, 'while I was here');
});
afterEach(() => scene.dispose());

async function remove(): Promise<void> {
  await ada.client.removeMember(scene.room, bob.account);
  await ada.say(scene.room, 'he is gone');
  await cyd.say(scene.room, 'is he?');
}

test('the removed one is told, and keeps what it had read', async () => {
  await remove();
  const view = () => bob.client.rooms().find((room) => room.room === scene.room);
  await until(bob.client, () => view()?.role === null, 'Bob knows that he was removed');
  expect(view()?.blocked?.sentence).toBe('You are no longer a member of this room.');
  await bob.reopen();
  await bob.online();
  expect(bob.texts(scene.room)).toEqual(['welcome', 'while I was here']);
  await goesOn(scene.room, [ada, cyd]);
  for (const { client } of scene.people) expect(client.alerts()).toEqual([]);
});

test('the server refuses all that a removed member sends', async () => {
  await remove();
  await bob.close();
  const puppet = scene.puppet(bob);
  const line = await puppet.signIn(scene.url);
  const { envelope: commit, made } = await puppet.commit();
  const { device, keyId, wrap } = made.wraps[0] ?? (undefined as never);
  const refusals: string[] = [];
  for (const envelope of [
    await puppet.message('still here'),
    await puppet.statement({ type: 'member.leave' }),
    await puppet.statement({ type: 'member.role', account: bob.account, role: 'owner' }),
    commit,
  ]) {
    const answer = await line.send(envelope);
    refusals.push(isNack(answer) ? answer.error.code : 'accepted');
  }
  expect(refusals).toEqual(['not_member', 'not_member', 'not_member', 'not_member']);
  const room = scene.room;
  const asked = [
    line.call('wraps.stage', {
      room,
      commit: b64(parseEnvelope(commit).header.id),
      wraps: [{ device: b64(device), keyId: b64(keyId), wrap: b64(wrap) }],
    }),
    line.call('typing', { room, typing: true }),
    line.call('presence', { room }),
    line.call('wrap.fetch', { room, epoch: (await puppet.seen()).epoch }),
    line.call('recipients.fetch', { room, epoch: (await puppet.seen()).epoch }),
  ];
  for (const one of await Promise.allSettled(asked)) {
    expect(one.status === 'rejected' && (one.reason as SottoError).code).toBe('not_member');
  }
  line.close();
});

test('a server that lets it in: what it says and states is refused by name, and the others go on', async () => {
  await remove();
  await bob.close();
  await cyd.reaches(scene.room, (await scene.log()).length);
  const puppet = scene.puppet(bob);
  const eve = await Person.signUp(scene.url, 4, 'eve');
  scene.people.push(eve);
  const point = { seq: 3, hash: b64(new Uint8Array(32)) };
  const message = await scene.server.letIn(await puppet.message('still here'), cyd.mule);
  const statement = await puppet.statement({
    type: 'member.add',
    account: eve.account,
    role: 'member',
    chain: point,
  });
  const seq = await scene.server.letIn(statement, cyd.mule);
  await ada.reaches(scene.room, seq);
  await until(ada.client, () => ada.alerts().length === 2, 'both are named');
  expect(ada.alerts()).toEqual(['removed-member', 'removed-member']);
  const items = ada.items(scene.room).filter((item) => (item.seq ?? 0) >= message);
  expect(items.map((item) => item.kind)).toEqual(['unreadable', 'unreadable']);
  expect(ada.client.members(scene.room).map((m) => m.handle)).toEqual(['ada', 'cyd']);
  await ada.say(scene.room, 'we go on');
  await cyd.sees(scene.room, 'we go on');
});

test('with every byte of the store and all its own secrets it opens nothing of what came after', async () => {
  const during = (await scene.log()).length;
  await remove();
  await goesOn(scene.room, [ada, cyd]);
  const log = (await scene.log()).map((entry) => ({
    seq: entry.seq,
    envelope: parseEnvelope(entry.bytes),
    digest: entry.digest,
  }));
  const commits = log.filter(({ envelope }) => envelope.header.kind === KIND.commit);
  const messages = log.filter(({ envelope }) => envelope.header.kind === KIND.message);
  const { privateKey } = await unsafeEncryptionPair(bob.i);

  /** Every secret that Bob's key opens, whomever a wrap was made for, tried with every commit. */
  const secrets: Bytes[] = [];
  let tried = 0;
  for (const { envelope } of commits) {
    const { room, epoch, device: committer } = envelope.header;
    const { commitment } = parseCommit(envelope.body);
    for (const { keyId, wrap, device } of await scene.server.store.wraps(room, epoch)) {
      for (const recipient of [device, bob.mule.device]) {
        const secret = await unwrapSecret(privateKey, wrap, {
          room,
          epoch,
          committer,
          recipient,
          keyId,
          commitment,
        });
        if (secret !== null) secrets.push(secret);
        tried++;
      }
    }
  }
  const opened: number[] = [];
  for (const { seq, envelope } of messages) {
    for (const secret of secrets) {
      for (const { digest } of commits) {
        const key = await senderKeyOf(secret, digest, envelope.header.device);
        if ((await openMessage(envelope, key)) !== null) opened.push(seq);
      }
    }
  }
  console.log(
    `removal: ${tried} unwraps, ${secrets.length} secrets, ${messages.length} messages, ${opened.length} opened`,
  );
  const before = messages.filter(({ seq }) => seq <= during).map(({ seq }) => seq);
  // Bob was not there for the first of them: the room was named before he was added.
  expect([...new Set(opened)]).toEqual(before.slice(1));
  expect(messages.length).toBeGreaterThan(before.length + 2);
});

test('a link that the removed one knows lets it in no more', async () => {
  const link = await ada.client.invite(scene.room);
  await remove();
  await expect(bob.client.join(link)).rejects.toMatchObject({ code: 'invite_invalid' });
});
