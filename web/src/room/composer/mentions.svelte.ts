/** The list of members that is open while "@" and the beginning of a handle are written. */
import type { MemberView } from '@sotto/client';
import { completed, type MentionQuery, mentionAt, offered } from './mention.ts';

export class Mentions {
  readonly #members: () => readonly MemberView[];
  #query = $state.raw<MentionQuery | null>(null);
  #chosen = $state(0);
  readonly offers = $derived.by(() =>
    this.#query === null ? [] : offered(this.#members(), this.#query.typed),
  );

  constructor(members: () => readonly MemberView[]) {
    this.#members = members;
  }

  get chosen(): number {
    return this.#chosen;
  }

  /** Opens or closes, by what stands before the caret. */
  look(text: string, caret: number): void {
    this.#query = mentionAt(text, caret);
    this.#chosen = 0;
  }

  close(): void {
    this.#query = null;
  }

  /** The text with the handle in it, or null where the list is closed. */
  complete(text: string, caret: number, member: MemberView): { text: string; caret: number } | null {
    if (this.#query === null) return null;
    const done = completed(text, this.#query, caret, member.handle);
    this.close();
    return done;
  }

  /** True where the key was for the list. */
  press(key: string, onchoose: (member: MemberView) => void): boolean {
    const count = this.offers.length;
    const member = this.offers[this.#chosen];
    if (member === undefined) return false;
    if (key === 'Enter' || key === 'Tab') onchoose(member);
    else if (key === 'Escape') this.close();
    else if (key === 'ArrowDown') this.#chosen = (this.#chosen + 1) % count;
    else if (key === 'ArrowUp') this.#chosen = (this.#chosen + count - 1) % count;
    else return false;
    return true;
  }
}
