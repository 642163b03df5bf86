/** A room with its people on a server that can lie, and how a lie is judged: named by its victims, and not acted on. */
import type { AlertName } from '@sotto/client';
import { b64, fromB64, parseEnvelope } from '@sotto/protocol';
import { expect, test } from 'vitest';
import { type Face, LyingServer } from './lying-server.ts';
import { Person } from './person.ts';
import { Puppet, wholeLog } from './puppet.ts';
import { shown, until } from './until.ts';

export class Scene {
  readonly server: LyingServer;
  /** The face that tells the truth, unless a story makes it lie. */
  readonly face: Face;
  readonly people: Person[] = [];
  room = '';
  /** Nothing may be written under this one by those whom its keys were kept from. */
  badEpoch = 0;

  private constructor(server: LyingServer, face: Face) {
    this.server = server;
    this.face = face;
  }

  /** The first of `handles` makes the room and adds the others; all of them have read its first message. */
  static async of(...handles: string[]): Promise<Scene> {
    const server = await LyingServer.open();
    const scene = new Scene(server, await server.face());
    for (const [i, handle] of handles.entries()) scene.people.push(await Person.signUp(scene.url, i, handle));
    const [first, ...others] = scene.people as [Person, ...Person[]];
    scene.room = await first.client.createRoom('Kitchen');
    for (const { handle } of others) await first.client.addMember(scene.room, handle);
    await first.say(scene.room, 'welcome');
    await Promise.all(others.map((other) => other.sees(scene.room, 'welcome')));
    return scene;
  }

  /** Those whose clients are not moved by hand. */
  get open(): Person[] {
    return this.people.filter((person) => person.isOpen);
  }

  get url(): string {
    return this.face.url;
  }

  get roomId() {
    return fromB64(this.room);
  }

  puppet(person: Person, room = this.room): Puppet {
    return new Puppet(this.server.store, room, person);
  }

  log() {
    return wholeLog(this.server.store, this.roomId);
  }

  async dispose(): Promise<void> {
    await Promise.all(this.people.map((person) => person.close()));
    await this.server.dispose();
  }
}

/**
 * Who must be told, and what becomes of the room for them: it stops; it goes on without what was refused; they renew its keys before
 * they write, since those in force are not theirs.
 */
export interface Outcome {
  readonly victims: readonly Person[];
  readonly after: 'stops' | 'goes on' | 'renews keys' | 'no room';
}

export type Story = (scene: Scene, lying: boolean) => Promise<Outcome>;

/** Two tests: the story with the lie, which every victim must name, and the same steps without it, after which nobody is alerted. */
export function aLie(name: AlertName, title: string, handles: readonly string[], story: Story): void {
  const play = async (lying: boolean, judge: (scene: Scene, outcome: Outcome) => Promise<void>) => {
    const scene = await Scene.of(...handles);
    try {
      await judge(scene, await story(scene, lying));
    } finally {
      await scene.dispose();
    }
  };
  test(`${name}: ${title}`, () =>
    play(true, async (scene, { victims, after }) => {
      for (const victim of victims) {
        await victim.alerted(name);
        const alert = victim.client.alerts().find((one) => one.name === name);
        expect(JSON.parse(alert?.proof ?? '')).toMatchObject({ alert: name });
        if (after === 'stops') await hasStopped(scene, victim);
        if (after === 'renews keys') await renewsKeys(scene, victim);
      }
      if (after === 'goes on') await goesOn(scene.room, victims);
      // An alert outlives the program: who was away from the screen must still be told.
      for (const victim of victims) {
        await victim.reopen();
        expect(victim.alerts()).toContain(name);
      }
    }));
  test(`${name}: nobody is alerted where it is true (${title})`, () =>
    play(false, async (scene, { victims, after }) => {
      if (after !== 'no room') await goesOn(scene.room, victims);
      for (const { client } of scene.people) expect(client.alerts(), shown(client)).toEqual([]);
    }));
}

/** Each of them writes, and all of them read it. */
export async function goesOn(room: string, people: readonly Person[]): Promise<void> {
  for (const writer of people) {
    const text = `${writer.handle} goes on`;
    await writer.say(room, text);
    for (const reader of people) await reader.sees(room, text);
  }
}

/** The room says that it stopped, and what the person writes stays in the outbox. */
async function hasStopped(scene: Scene, person: Person): Promise<void> {
  const { room } = scene;
  const isBlocked = () => (person.client.rooms().find((r) => r.room === room)?.blocked ?? null) !== null;
  await until(person.client, isBlocked, `${person.handle}'s room has stopped`);
  await sendsNothing(scene, person);
}

/** What the person writes goes under keys of its own making, and all the others read it. */
async function renewsKeys(scene: Scene, person: Person): Promise<void> {
  expect(person.texts(scene.room)).not.toContain('under the bad key');
  const seq = await person.say(scene.room, `${person.handle} renewed the keys`);
  const entry = (await scene.log())[seq - 1];
  expect(parseEnvelope(entry?.bytes ?? new Uint8Array(0)).header.epoch).toBeGreaterThan(scene.badEpoch);
  for (const other of scene.open) await other.sees(scene.room, `${person.handle} renewed the keys`);
}

/** What the person writes now stays in the outbox; nothing of it reaches the log. */
export async function sendsNothing(scene: Scene, { client, handle }: Person): Promise<void> {
  const { room } = scene;
  const id = await client.sendText(room, `${handle} would say this under a bad key`);
  // Two questions and their answers over the same connection: whatever the client was about to send is on the server by then.
  if (client.connection().state !== 'offline') {
    await client.setTyping(room, true);
    await client.setTyping(room, false);
  }
  const log = await scene.log();
  expect(log.map(({ bytes }) => b64(parseEnvelope(bytes).header.id))).not.toContain(id);
  expect(client.timeline(room).find((item) => item.id === id)).toMatchObject({ send: 'queued' });
}
