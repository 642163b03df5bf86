/** Lies about the log: what is left out, swapped, doubled or shown to one and not to another, each named by whoever is shown it. */
import type { LogEntry } from '@sotto/log';
import { equal, parseEnvelope, randomBytes } from '@sotto/protocol';
import { expect } from 'vitest';
import type { Person } from '../../lib/person.ts';
import { rewrittenLog } from '../../lib/rewritten-log.ts';
import { aLie, type Outcome, type Scene } from '../../lib/scene.ts';

type Two = [ada: Person, bob: Person];

/** Ada says three things while Bob is away; the server shows him the log rewritten, those three last. */
async function whileAway(
  scene: Scene,
  rewrite: (before: LogEntry[], said: [LogEntry, LogEntry, LogEntry]) => LogEntry[],
): Promise<Outcome> {
  const [ada, bob] = scene.people as Two;
  await bob.close();
  for (const text of ['one', 'two', 'three']) await ada.say(scene.room, text);
  const { length } = await scene.log();
  const rewritten = (log: LogEntry[]): LogEntry[] => {
    const [one, two, three, ...later] = log.slice(length - 3) as [LogEntry, LogEntry, LogEntry];
    return [...rewrite(log.slice(0, length - 3), [one, two, three]), ...later];
  };
  const face = await scene.server.face(rewrittenLog(scene.server.store, scene.roomId, rewritten));
  await bob.open(face.url);
  return { victims: [bob], after: 'stops' };
}

aLie('message-dropped', 'one of three is withheld', ['ada', 'bob'], (scene, lying) =>
  whileAway(scene, (before, [one, two, three]) => [...before, one, ...(lying ? [] : [two]), three]),
);

aLie('messages-swapped', 'two of three are shown in the other order', ['ada', 'bob'], (scene, lying) =>
  whileAway(scene, (before, [one, two, three]) => [...before, ...(lying ? [two, one] : [one, two]), three]),
);

aLie('message-repeated', 'one of three is shown twice', ['ada', 'bob'], async (scene, lying) => {
  const outcome = await whileAway(scene, (before, said) => [...before, ...said, ...(lying ? [said[2]] : [])]);
  const [, bob] = scene.people as Two;
  await bob.sees(scene.room, 'three');
  // What follows the repetition does not fit what the others have signed for: for Bob the room then stops.
  return lying ? { ...outcome, after: 'no room' } : outcome;
});

aLie(
  'message-repeated',
  'the server logs a message a second time, for everybody',
  ['ada', 'bob', 'cyd'],
  async (scene, lying) => {
    const [ada, bob, cyd] = scene.people as [Person, Person, Person];
    await bob.say(scene.room, 'pay me back');
    await bob.close();
    const said = (await scene.log()).at(-1) as LogEntry;
    if (lying) await scene.server.letIn(said.bytes, bob.mule);
    return { victims: [ada, cyd], after: 'goes on' };
  },
);

aLie(
  'message-dropped',
  'the newest are withheld from one who hears the next live',
  ['ada', 'bob'],
  async (scene, lying) => {
    const [ada, bob] = scene.people as Two;
    let hidden = '';
    const isHidden = (entry: LogEntry): boolean =>
      lying && Buffer.from(entry.digest).toString('hex') === hidden;
    const { store } = scene.server;
    const face = await scene.server.face(
      rewrittenLog(store, scene.roomId, (log) => log.filter((entry) => !isHidden(entry))),
    );
    await bob.reopen(face.url);
    await bob.online();
    // Known before it is in the log: the face hears of it at once.
    const { append } = store;
    scene.face.lies.append = (request) => {
      hidden ||= Buffer.from(request.digest).toString('hex');
      return append(request);
    };
    await ada.say(scene.room, 'withheld');
    await ada.say(scene.room, 'shown');
    return { victims: [bob], after: 'stops' };
  },
);

aLie(
  'history-forked',
  'Ada and Bob are shown different words of Cyd and Dan',
  ['ada', 'bob', 'cyd', 'dan'],
  async (scene, lying) => {
    const [ada, bob, cyd, dan] = scene.people as [Person, Person, Person, Person];
    const { length } = await scene.log();
    /** Shows nothing that this person says from here on. */
    const without = ({ mule }: Person) => {
      const isTheirs = ({ bytes }: LogEntry) => equal(parseEnvelope(bytes).header.account, mule.account);
      const rewrite = (log: LogEntry[]) =>
        lying ? log.filter((entry) => entry.seq <= length || !isTheirs(entry)) : log;
      return scene.server.face(rewrittenLog(scene.server.store, scene.roomId, rewrite));
    };
    const [one, other] = [await without(dan), await without(cyd)];
    for (const person of [ada, cyd]) await person.reopen(one.url);
    for (const person of [bob, dan]) await person.reopen(other.url);
    await Promise.all(scene.people.map((person) => person.online()));
    await cyd.say(scene.room, 'buy');
    await dan.say(scene.room, 'sell');
    await Promise.all([ada.sees(scene.room, 'buy'), bob.sees(scene.room, 'sell')]);
    // Each of the two worlds is whole in itself, until somebody of one is heard in the other.
    for (const { client } of lying ? scene.people : []) expect(client.alerts()).toEqual([]);
    await ada.say(scene.room, 'Cyd is right');
    return { victims: [bob, dan], after: 'stops' };
  },
);

aLie(
  'history-forked',
  'an earlier entry is another one than before',
  ['ada', 'bob'],
  async (scene, lying) => {
    const [, bob] = scene.people as Two;
    const { length } = await scene.log();
    const other = randomBytes(32);
    const rewrite = (log: LogEntry[]) =>
      log.map((entry) => (lying && entry.seq === length ? { ...entry, digest: other } : entry));
    const face = await scene.server.face(rewrittenLog(scene.server.store, scene.roomId, rewrite));
    await bob.reopen(face.url);
    return { victims: [bob], after: 'stops' };
  },
);
