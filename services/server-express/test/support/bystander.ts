/** Somebody who chats on, on the connection it has had since the beginning, while others misbehave. */
import { type Person, person } from './people.ts';
import { type RawClient, signUp } from './raw-client.ts';
import { makeRoom, type Room } from './room.ts';

export class Bystander {
  readonly #who: Person;
  readonly #client: RawClient;
  readonly room: Room;

  private constructor(who: Person, client: RawClient, room: Room) {
    this.#who = who;
    this.#client = client;
    this.room = room;
  }

  static async of(url: string): Promise<Bystander> {
    const who = await person(2, 'calm');
    const client = await signUp(url, who);
    return new Bystander(who, client, await makeRoom(who, client));
  }

  /** Sends one after the other, each of which must be acknowledged; answers the longest wait, in ms. */
  async chat(count: number): Promise<number> {
    let longest = 0;
    for (let i = 0; i < count; i++) {
      const began = performance.now();
      await this.room.say(this.#who, this.#client, 'undisturbed');
      longest = Math.max(longest, performance.now() - began);
    }
    return longest;
  }
}
