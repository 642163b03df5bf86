/** Clients that write into one room until they are told to stop, and what the judge must know of it (`ledger.ts`). */
import type { SottoClient } from '@sotto/client';
import type { Sent } from './ledger.ts';

export interface Load {
  readonly acknowledged: number;
  /** Time from handing a message over to its acknowledgement, in ms, that 99 of 100 did not exceed so far; and the longest. */
  ackMs(): { p99: number; longest: number };
  /** Resolves when so many more were acknowledged. */
  more(count: number): Promise<void>;
  /** No more is sent; resolves when all that was is acknowledged. Rejects where a message was refused for good. */
  stop(): Promise<Sent[]>;
}

/** `ahead`: messages that a writer hands over before it waits for the first of them. */
export function startLoad(room: string, clients: readonly SottoClient[], ahead: number): Load {
  const sent: (Sent & { acks: number[] })[] = [];
  const waiting = new Set<() => void>();
  let acknowledged = 0;
  const tookMs: number[] = [];
  let running = true;

  const write = async (client: SottoClient, writer: string): Promise<void> => {
    const inFlight = new Set<Promise<void>>();
    for (let n = 0; running; n++) {
      const began = performance.now();
      const id = await client.sendText(room, `${writer} says ${n}`);
      const record = { writer, id, acks: [] as number[] };
      sent.push(record);
      const done = client.acknowledged(room, id).then(({ seq }) => {
        record.acks.push(seq);
        acknowledged++;
        tookMs.push(performance.now() - began);
        inFlight.delete(done);
        for (const look of waiting) look();
      });
      inFlight.add(done);
      if (inFlight.size >= ahead) await Promise.race(inFlight);
    }
    await Promise.all(inFlight);
  };
  const tag = Math.random().toString(36).slice(2, 6);
  const writing = Promise.all(clients.map((client, i) => write(client, `writer-${tag}-${i}`)));
  // Told by `stop`; a refusal before is not an unhandled one.
  writing.catch(() => undefined);

  return {
    get acknowledged() {
      return acknowledged;
    },
    ackMs() {
      const sorted = tookMs.toSorted((a, b) => a - b);
      const at = (share: number): number => Math.round(sorted[Math.ceil(share * sorted.length) - 1] ?? 0);
      return { p99: at(0.99), longest: at(1) };
    },
    more(count) {
      const goal = acknowledged + count;
      const enough = new Promise<void>((resolve) => {
        const look = (): void => {
          if (acknowledged < goal) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
      });
      return Promise.race([enough, writing.then(() => undefined)]);
    },
    async stop() {
      running = false;
      await writing;
      return sent;
    },
  };
}
