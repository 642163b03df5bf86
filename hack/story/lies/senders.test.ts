/** Lies about who speaks: a server lets in what it should refuse. It is named, nothing of it is believed, and the room goes on. */
import { expect } from 'vitest';
import { Person } from '../../lib/person.ts';
import { aLie, type Outcome, type Scene } from '../../lib/scene.ts';

const PEOPLE = ['ada', 'bob', 'cyd'];
type Three = [ada: Person, bob: Person, cyd: Person];

/** Ada and Cyd, who have read `lie` where it stands in the log and show no word of it. */
async function refused(scene: Scene, seq: number, text: string): Promise<Outcome> {
  const [ada, , cyd] = scene.people as Three;
  for (const one of [ada, cyd]) {
    await one.reaches(scene.room, seq);
    expect(one.texts(scene.room)).not.toContain(text);
  }
  return { victims: [ada, cyd], after: 'goes on' };
}

aLie('bad-signature', 'a message whose signature is not its device’s', PEOPLE, async (scene, lying) => {
  const [, bob] = scene.people as Three;
  await bob.close();
  const envelope = await scene.puppet(bob).message('forged');
  if (lying) envelope[envelope.length - 1] = (envelope.at(-1) as number) ^ 1;
  const seq = await scene.server.letIn(envelope, bob.mule);
  return refused(scene, seq, lying ? 'forged' : 'nothing');
});

aLie('bad-signature', 'an entry that is no envelope of this room', PEOPLE, async (scene, lying) => {
  const [ada, bob, cyd] = scene.people as Three;
  const other = await ada.client.createRoom('Cellar');
  await ada.client.addMember(other, 'bob');
  await ada.say(other, 'only here');
  await bob.sees(other, 'only here');
  await bob.close();
  const { store } = scene.server;
  const cellar = scene.puppet(bob, other);
  const envelope = await (lying ? cellar : scene.puppet(bob)).message('from another room');
  // The store files by what it is told, not by what the header says.
  const seq = await scene.server.letIn(envelope, bob.mule, [], scene.roomId);
  expect((await store.room(scene.roomId))?.head).toBe(seq);
  const outcome = await refused(scene, seq, lying ? 'from another room' : 'nothing');
  return { ...outcome, victims: [ada, cyd] };
});

aLie('old-epoch', 'a message under keys that are no longer in force', PEOPLE, async (scene, lying) => {
  const [ada, bob] = scene.people as Three;
  await bob.close();
  const puppet = scene.puppet(bob);
  const { epoch, commitHash } = await puppet.seen();
  const secret = (await puppet.secret(epoch)) as Uint8Array<ArrayBuffer>;
  const { envelope, made } = await puppet.commit();
  await scene.server.letIn(envelope, bob.mule, made.wraps);
  await ada.say(scene.room, 'under the new keys');
  const text = 'under the old keys';
  const message = lying
    ? await puppet.message(text, { epoch, commit: commitHash.slice(0, 16) }, { secret, commitHash })
    : await puppet.message(text);
  return refused(scene, await scene.server.letIn(message, bob.mule), lying ? text : 'nothing');
});

aLie('old-epoch', 'a message before the commit that is due', PEOPLE, async (scene, lying) => {
  const [ada, bob] = scene.people as Three;
  const dan = await Person.signUp(scene.url, 3, 'dan');
  scene.people.push(dan);
  await ada.client.addMember(scene.room, 'dan');
  if (!lying) await ada.say(scene.room, 'welcome, dan');
  await bob.reaches(scene.room, (await scene.log()).length);
  await bob.close();
  const seq = await scene.server.letIn(await scene.puppet(bob).message('too early'), bob.mule);
  return refused(scene, seq, lying ? 'too early' : 'nothing');
});

aLie('ghost-member', 'somebody who is no member writes', PEOPLE, async (scene, lying) => {
  const [, bob] = scene.people as Three;
  const eve = await Person.signUp(scene.url, 4, 'eve');
  scene.people.push(eve);
  await bob.close();
  const secret = (await scene.puppet(bob).secret((await scene.puppet(bob).seen()).epoch)) as never;
  const { commitHash } = await scene.puppet(bob).seen();
  const writer = scene.puppet(lying ? eve : bob);
  const message = await writer.message('I belong here', {}, { secret, commitHash });
  return refused(scene, await scene.server.letIn(message, bob.mule), lying ? 'I belong here' : 'nothing');
});

aLie('ghost-member', 'a member makes itself an owner', PEOPLE, async (scene, lying) => {
  const [ada, bob, cyd] = scene.people as Three;
  await bob.close();
  const puppet = scene.puppet(bob);
  const entry = lying
    ? await puppet.statement({ type: 'member.role', account: bob.account, role: 'owner' })
    : await puppet.message('I would not dare');
  const seq = await scene.server.letIn(entry, bob.mule);
  const outcome = await refused(scene, seq, 'nothing');
  const roleOf = (one: Person) => one.client.members(scene.room).find((m) => m.account === bob.account)?.role;
  for (const one of [ada, cyd]) expect(roleOf(one)).toBe('member');
  return outcome;
});

aLie('removed-member', 'somebody who was removed is let in again', PEOPLE, async (scene, lying) => {
  const [ada, bob, cyd] = scene.people as Three;
  await bob.say(scene.room, 'not for long');
  await bob.close();
  if (lying) await ada.client.removeMember(scene.room, bob.account);
  await ada.say(scene.room, 'after');
  // Only a member may stand in the store's books: Cyd, who then writes nothing more.
  await cyd.reaches(scene.room, (await scene.log()).length);
  const message = await scene.puppet(bob).message('still here');
  const seq = await scene.server.letIn(message, lying ? cyd.mule : bob.mule);
  await refused(scene, seq, lying ? 'still here' : 'nothing');
  return { victims: lying ? [ada] : [ada, cyd], after: 'goes on' };
});
