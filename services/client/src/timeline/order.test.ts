/** In whatever order records and pending messages come, and whoever looks in between, the timeline ends the same. */
import type { MembershipStatement, Payload } from '@sotto/protocol';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SEED } from '../../../protocol/testing/seed.ts';
import {
  admit,
  create,
  hidden,
  join,
  locked,
  ME,
  message,
  pending,
  statement,
} from '../../testing/timeline-scene.ts';
import type { TimelineItem } from '../views.ts';
import { Timeline } from './fold.ts';
import { bySeq } from './item.ts';
import type { Pending } from './outbox.ts';
import type { EntryRecord } from './record.ts';

/** Few of each, so that they meet. */
const account = fc.constantFrom('ann', 'ben', ME);
const id = fc.integer({ min: 0, max: 9 }).map((n) => `m${n}`);
const word = fc.constantFrom('one', 'two', 'three');
const mentions = fc.constantFrom<string[]>([], [ME], ['ben']);
const emoji = fc.constantFrom('👍', '🎉');
const kind = <K extends string>(name: K) => fc.constant(name);

const payload: fc.Arbitrary<Payload> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: kind('text'), text: word, mentions }) },
  { weight: 2, arbitrary: fc.record({ kind: kind('reply'), target: id, text: word, mentions }) },
  { weight: 2, arbitrary: fc.record({ kind: kind('edit'), target: id, text: word, mentions }) },
  { weight: 2, arbitrary: fc.record({ kind: kind('reaction'), target: id, emoji, on: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ kind: kind('delete'), target: id }) },
  fc.record({ kind: kind('profile'), name: word, topic: word }),
);

const stated: fc.Arbitrary<MembershipStatement> = fc.oneof(
  fc.constantFrom(create, join),
  account.map((who) => admit(who, 'admin')),
  fc.record({ type: kind('member.remove'), account }),
  fc.record({
    type: kind('member.role'),
    account,
    role: fc.constantFrom('owner' as const, 'admin' as const, 'member' as const),
  }),
);

/** A record, but for its place. */
type Placed = (seq: number) => EntryRecord;

const said = fc.tuple(account, id, payload).map<Placed>((by) => (seq) => message(seq, ...by));
const unopened = fc.tuple(account, id).map<Placed>((by) => (seq) => locked(seq, ...by));
const ruled = fc.tuple(account, stated).map<Placed>((by) => (seq) => statement(seq, ...by));
const placed = fc.oneof(
  { weight: 7, arbitrary: said },
  { weight: 4, arbitrary: ruled },
  { weight: 1, arbitrary: unopened },
  { weight: 2, arbitrary: fc.constant<Placed>(hidden) },
);

/** What a place holds in turn. In life the later one says more; the fold itself does not rely on that. */
const lifelike = fc.tuple(placed, fc.array(fc.boolean(), { maxLength: 2 })).map(([now, before]): Placed[] => [
  ...before.sort().map(
    (isLocked): Placed =>
      (seq) => {
        const record = now(seq);
        return isLocked && record.kind === 'message' ? locked(seq, record.account, record.id) : hidden(seq);
      },
  ),
  now,
]);
const arbitrary = fc.array(placed, { minLength: 1, maxLength: 3 });

/** Ids of the log too: the record may come, have come, or be somebody else's. */
const waiting = fc.record({
  id: fc.oneof(id, fc.constantFrom('p0', 'p1', 'p2', 'p3')),
  payload,
  states: fc.array(
    fc.constantFrom('queued' as const, 'sent' as const, 'logged' as const, 'refused' as const),
    {
      minLength: 1,
      maxLength: 3,
    },
  ),
  isTaken: fc.boolean(),
});

/** Moments on which steps of different threads are sorted; each thread keeps its own order. */
const moments = fc.array(fc.nat(1000), { minLength: 90, maxLength: 90 });

const world = (places: fc.Arbitrary<Placed[]>) =>
  fc.record({
    places: fc.array(places, { maxLength: 14 }),
    outbox: fc.uniqueArray(waiting, { maxLength: 4, selector: (w) => w.id }),
    looks: fc.nat(6),
    renames: fc.array(account, { maxLength: 2 }),
    moments,
  });
type World = ReturnType<typeof world> extends fc.Arbitrary<infer W> ? W : never;

/** As the web app does: merges changes by id, orders by sequence, leaves the rest as it came. */
class Screen {
  readonly #items = new Map<string, TimelineItem>();

  take(timeline: Timeline): void {
    const { items, reset } = timeline.takeChanges();
    if (reset) this.#items.clear();
    for (const item of items) this.#items.set(item.id, item);
  }

  items(): TimelineItem[] {
    return [...this.#items.values()].sort(bySeq);
  }
}

/** Runs a world in its order, then straight from the first record to the last pending message. */
function both({ places, outbox, looks, renames, moments: drawn }: World) {
  const names: Record<string, string> = {};
  const reader = { me: ME, handleOf: (who: string) => names[who] ?? who };
  const [timeline, straight, screen] = [new Timeline(reader), new Timeline(reader), new Screen()];
  const left = [...drawn];
  const steps: { at: number; run: () => void }[] = [];
  const thread = (...runs: (() => void)[]) => {
    const times = left.splice(0, runs.length).sort((a, b) => a - b);
    steps.push(...runs.map((run, i) => ({ at: times[i] as number, run })));
  };
  for (const [i, records] of places.entries()) {
    thread(...records.map((record) => () => timeline.add(record(i + 1))));
  }
  for (let i = 0; i < looks; i++) thread(() => screen.take(timeline));
  for (const who of renames) {
    thread(() => {
      names[who] = `${names[who] ?? who}+`;
      timeline.renamed(who);
    });
  }
  const sending: string[] = [];
  const remaining = new Map<string, Pending>();
  for (const { id: own, payload: what, states, isTaken } of outbox) {
    const pendings = states.map((send) => pending(own, what, { send }));
    const pends = pendings.map((p) => () => {
      if (!sending.includes(own)) sending.push(own);
      timeline.pend(p);
    });
    thread(...pends, ...(isTaken ? [() => timeline.unpend(own)] : []));
    if (!isTaken) remaining.set(own, pendings.at(-1) as Pending);
  }
  for (const { run } of steps.sort((a, b) => a.at - b.at)) run();

  for (const [i, records] of places.entries()) straight.add((records.at(-1) as Placed)(i + 1));
  const logAlone = everything(straight);
  const last = sending.map((own) => remaining.get(own)).filter((p) => p !== undefined);
  for (const p of last) straight.pend(p);
  return { timeline, straight, screen, logAlone, last };
}

const everything = (timeline: Timeline) => ({
  items: timeline.items(),
  unread: [0, 3, 7].map((cursor) => timeline.unread(cursor)),
  preview: timeline.preview(),
  name: timeline.name,
  topic: timeline.topic,
});

const options = { seed: SEED, numRuns: 3000 };

test('the timeline depends on what is there alone', () => {
  const runs = fc.property(world(fc.oneof(lifelike, arbitrary)), (given) => {
    const { timeline, straight, logAlone, last } = both(given);
    expect(everything(timeline)).toEqual(everything(straight));
    for (const p of last) timeline.unpend(p.id);
    expect(everything(timeline)).toEqual(logAlone);
  });
  fc.assert(runs, options);
});

test('the changes, merged, are the timeline; every id and every sequence is there once', () => {
  const runs = fc.property(world(lifelike), (given) => {
    const { timeline, screen } = both(given);
    screen.take(timeline);
    const items = timeline.items();
    expect(screen.items()).toEqual(items);
    const ids = items.map((item) => item.id);
    const seqs = items.map((item) => item.seq).filter((seq) => seq !== null);
    expect([new Set(ids).size, new Set(seqs).size]).toEqual([ids.length, seqs.length]);
  });
  fc.assert(runs, options);
});
