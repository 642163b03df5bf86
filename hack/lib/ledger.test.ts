import { expect, test } from 'vitest';
import { type FaultName, judge, type Logged, type Sent } from './ledger.ts';
import { type Random, seeded } from './seed.ts';

const random = seeded('ledger');

/** A run that kept its promise: four writers, interleaved at random, some never acknowledged, some twice. */
function honestRun(): { sent: Sent[]; log: Logged[] } {
  const sent: Sent[] = [];
  const log: Logged[] = [{ seq: 1, id: 'room.create' }];
  const counts = [0, 0, 0, 0];
  for (let i = 0; i < 200; i++) {
    const writer = random.below(4);
    const id = `w${writer}-${(counts[writer] as number)++}`;
    const seq = log.length + 1;
    const fate = random.next();
    if (fate < 0.05) {
      sent.push({ writer: `w${writer}`, id, acks: [] });
      continue;
    }
    log.push({ seq, id });
    sent.push({ writer: `w${writer}`, id, acks: fate < 0.1 ? [] : fate < 0.2 ? [seq, seq] : [seq] });
  }
  return { sent, log };
}

const renumber = (log: Logged[]): Logged[] => log.map(({ id }, i) => ({ seq: i + 1, id }));
const acked = (sent: Sent[]): Sent[] => sent.filter((s) => s.acks.length > 0);
const unacked = (sent: Sent[], id: string): Sent[] => sent.map((s) => (s.id === id ? { ...s, acks: [] } : s));

/** Defects as a faulty store or client would make them; each must be named, and by its own name. */
const DEFECTS: Record<FaultName, (run: { sent: Sent[]; log: Logged[] }, random: Random) => typeof run> = {
  lost({ sent, log }) {
    const victim = random.pick(acked(sent));
    return { sent, log: log.filter((e) => e.id !== victim.id) };
  },
  doubled({ sent, log }) {
    const entry = random.pick(log);
    return { sent, log: [...log, { seq: log.length + 1, id: entry.id }] };
  },
  'out-of-order'({ sent, log }) {
    const writer = `w${random.below(4)}`;
    const own = log.filter((e) => e.id.startsWith(`${writer}-`));
    const at = random.below(own.length - 1);
    const [one, two] = [own[at] as Logged, own[at + 1] as Logged];
    const swapped = log.map((e) => (e === one ? { ...e, id: two.id } : e === two ? { ...e, id: one.id } : e));
    return { sent: unacked(unacked(sent, one.id), two.id), log: swapped };
  },
  moved({ sent, log }) {
    const victim = random.pick(acked(sent));
    const lie = (acks: readonly number[]) => acks.map((seq, i) => (i === acks.length - 1 ? seq + 1 : seq));
    return { sent: sent.map((s) => (s === victim ? { ...s, acks: lie(s.acks) } : s)), log };
  },
  gap({ sent, log }) {
    // Not the last: a log that ends one entry earlier has no gap.
    const at = 1 + random.below(log.length - 2);
    return { sent: sent.map((s) => ({ ...s, acks: [] })), log: log.filter((_, i) => i !== at) };
  },
};

test('a run that kept its promise has no fault, acknowledged or not', () => {
  for (let i = 0; i < 50; i++) {
    const { sent, log } = honestRun();
    expect(judge(sent, log)).toEqual([]);
  }
});

for (const [name, plant] of Object.entries(DEFECTS)) {
  test(`a planted defect is named: ${name}`, () => {
    for (let i = 0; i < 50; i++) {
      const { sent, log } = plant(honestRun(), random);
      expect(judge(sent, log).map((f) => f.fault)).toContain(name);
    }
  });
}

test('a lost message is seen even where the numbers were closed behind it', () => {
  for (let i = 0; i < 50; i++) {
    const run = honestRun();
    const victim = random.pick(acked(run.sent));
    const log = renumber(run.log.filter((e) => e.id !== victim.id));
    expect(judge(run.sent, log)).toContainEqual(expect.objectContaining({ fault: 'lost', id: victim.id }));
  }
});
