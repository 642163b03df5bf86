/**
 * The judge of "no acknowledged message is lost, doubled or out of order". It knows what was asked, what was acknowledged
 * and what stands in the log; it knows nothing of how any of it came about.
 */

/** A message as its sender knows it. */
export interface Sent {
  /** Who sent it; each writer's messages are listed in the order in which it handed them over. */
  readonly writer: string;
  readonly id: string;
  /** Sequences of every acknowledgement that came for it; empty where none did. */
  readonly acks: readonly number[];
}

/** An entry as a reader finds it, in the order of the log. */
export interface Logged {
  readonly seq: number;
  readonly id: string;
}

export type FaultName = 'lost' | 'doubled' | 'out-of-order' | 'moved' | 'gap';

export interface Fault {
  readonly fault: FaultName;
  readonly id: string;
  readonly sentence: string;
}

/** Every fault of a run; none where the promise was kept. The log may hold entries that are nobody's in `sent`. */
export function judge(sent: readonly Sent[], log: readonly Logged[]): Fault[] {
  const faults: Fault[] = [];
  const fault = (name: FaultName, id: string, sentence: string): void => {
    faults.push({ fault: name, id, sentence });
  };
  const places = new Map<string, number[]>();
  log.forEach(({ seq, id }, index) => {
    if (seq !== index + 1) fault('gap', id, `entry ${index + 1} of the log has sequence ${seq}`);
    places.set(id, [...(places.get(id) ?? []), seq]);
  });
  for (const [id, seqs] of places) {
    if (seqs.length > 1) fault('doubled', id, `the log has it at ${seqs.join(' and ')}`);
  }
  const last = new Map<string, { id: string; seq: number }>();
  for (const { writer, id, acks } of sent) {
    const seq = places.get(id)?.[0];
    for (const ack of acks) {
      if (seq === undefined) fault('lost', id, `acknowledged at ${ack}, and the log does not have it`);
      else if (ack !== seq) fault('moved', id, `acknowledged at ${ack}, and the log has it at ${seq}`);
    }
    if (seq === undefined) continue;
    const before = last.get(writer);
    if (before !== undefined && before.seq > seq) {
      fault(
        'out-of-order',
        id,
        `${writer} sent it after ${before.id}, which the log has later, at ${before.seq}`,
      );
    }
    last.set(writer, { id, seq });
  }
  return faults;
}
