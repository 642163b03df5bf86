/** The room on the screen: its timeline and its members, as the worker tells them. */
import type { MemberView, TimelineItem } from '@sotto/client';
import { Ordered } from './ordered.ts';

export class OpenRoom {
  readonly room: string;
  readonly #ordered = new Ordered();
  #items = $state.raw<TimelineItem[]>([]);
  #members = $state.raw<MemberView[]>([]);
  #loaded = $state(false);

  constructor(room: string) {
    this.room = room;
  }

  get items(): TimelineItem[] {
    return this.#items;
  }

  get members(): MemberView[] {
    return this.#members;
  }

  /** False until the worker told what there is. */
  get loaded(): boolean {
    return this.#loaded;
  }

  patch(items: TimelineItem[], reset: boolean): void {
    this.#items = this.#ordered.apply(items, reset);
    this.#loaded = true;
  }

  setMembers(members: MemberView[]): void {
    this.#members = members;
  }
}
