/** A room for the timeline's tests: writes records by name, with ids that can be read in a failure. */
import type { MembershipStatement, Payload } from '@sotto/protocol';
import { Timeline } from '../src/timeline/fold.ts';
import type { Pending } from '../src/timeline/outbox.ts';
import type { EntryRecord, MessageRecord, UnreadableRecord } from '../src/timeline/record.ts';
import type { TimelineItem } from '../src/views.ts';

export const ME = 'me';
const HANDLES: Record<string, string> = { me: 'Ina', ann: 'Ann', ben: 'Ben' };

const chain = { seq: 1, hash: 'hash' };
const signed = (seq: number, account: string, id: string) => ({
  seq,
  at: 1000 * seq,
  account,
  device: `${account}-device`,
  id,
  sentAt: 1000 * seq - 5,
});

export const message = (seq: number, account: string, id: string, payload: Payload): MessageRecord => ({
  ...signed(seq, account, id),
  kind: 'message',
  payload,
});

export const locked = (seq: number, account: string, id: string): UnreadableRecord => ({
  ...signed(seq, account, id),
  kind: 'unreadable',
  unreadable: { cause: 'The key is not here.', action: 'Wait for it.' },
  epoch: 1,
  envelope: null,
});

export const statement = (
  seq: number,
  account: string,
  stated: MembershipStatement,
  inviter: string | null = null,
): EntryRecord => ({
  ...signed(seq, account, `s${seq}`),
  kind: 'statement',
  statement: stated,
  inviter,
});

export const hidden = (seq: number): EntryRecord => ({
  seq,
  at: 1000 * seq,
  kind: 'hidden',
  digest: new Uint8Array(32),
});

export const create: MembershipStatement = { type: 'room.create', salt: 'salt', chain };
export const join: MembershipStatement = {
  type: 'member.join',
  invite: 'invite',
  chain,
  fingerprint: 'fingerprint',
  proof: 'proof',
};
export const admit = (account: string, role: 'admin' | 'member' = 'member'): MembershipStatement => ({
  type: 'member.add',
  account,
  role,
  chain,
});

export const pending = (id: string, payload: Payload, more: Partial<Pending> = {}): Pending => ({
  id,
  payload,
  send: 'queued',
  seq: null,
  refusal: null,
  at: 7,
  ...more,
});

/** One reader's timeline, with a log that it writes itself. Message ids are `m<seq>`. */
export class Scene {
  readonly handles = { ...HANDLES };
  readonly timeline: Timeline;
  #head = 0;

  constructor(me = ME) {
    this.timeline = new Timeline({ me, handleOf: (account) => this.handles[account] ?? account });
  }

  /** The reader's room with Ann, its owner, and Ben: entries 1 to 3. */
  static ofThree(): Scene {
    const scene = new Scene();
    scene.state('ann', create);
    scene.state('ann', admit('ben'));
    scene.state('ann', admit(ME));
    scene.timeline.takeChanges();
    return scene;
  }

  get next(): number {
    return this.#head + 1;
  }

  add(record: EntryRecord): number {
    this.timeline.add(record);
    this.#head = record.seq;
    return record.seq;
  }

  /** Answers the message id. */
  say(account: string, payload: Payload | string, id = `m${this.next}`): string {
    const said: Payload = typeof payload === 'string' ? { kind: 'text', text: payload } : payload;
    this.add(message(this.next, account, id, said));
    return id;
  }

  state(account: string, stated: MembershipStatement, inviter: string | null = null): number {
    return this.add(statement(this.next, account, stated, inviter));
  }

  hide(): number {
    return this.add(hidden(this.next));
  }

  items(): TimelineItem[] {
    return this.timeline.items();
  }

  /** The item of an id; a test that asks for one that is not there fails. */
  item(id: string): TimelineItem {
    const found = this.items().find((item) => item.id === id);
    if (found === undefined) throw new Error(`no item ${id}`);
    return found;
  }

  ids(): string[] {
    return this.items().map((item) => item.id);
  }

  texts(): string[] {
    return this.items().map((item) => item.text);
  }
}
