/** What an operator sees at /metrics. Counts and durations only: no label ever names an account, a room or a handle. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

export class Metrics {
  readonly registry = new Registry();
  readonly connections: Gauge;
  readonly roomsFollowed: Gauge;
  /** By outcome: `ok`, `duplicate` or the refusal's code. */
  readonly appends: Counter<'outcome'>;
  /** Seconds from the arrival of an envelope to its acknowledgement. */
  readonly ackSeconds: Histogram;
  /** Entries handed to sockets: each entry counts once a receiver. */
  readonly fanOutEntries: Counter;
  readonly calls: Counter<'call' | 'outcome'>;
  readonly handshakes: Counter<'outcome'>;
  /** Connections ended by the server, by the code that was given as the reason. */
  readonly cutOff: Counter<'code'>;

  constructor() {
    const registers = [this.registry];
    const named = (name: string, help: string) => ({ name: `sotto_${name}`, help, registers });
    // Brings the event loop's lag, memory and CPU.
    collectDefaultMetrics({ register: this.registry });
    this.connections = new Gauge(named('connections', 'Open client connections'));
    this.roomsFollowed = new Gauge(named('rooms_followed', 'Rooms with members connected here'));
    this.appends = new Counter({
      ...named('appends_total', 'Envelopes judged, by outcome'),
      labelNames: ['outcome'],
    });
    this.ackSeconds = new Histogram({
      ...named('ack_seconds', 'From the arrival of an envelope to its acknowledgement'),
      buckets: [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10],
    });
    this.fanOutEntries = new Counter(named('fan_out_entries_total', 'Entries handed to sockets'));
    this.calls = new Counter({
      ...named('calls_total', 'Calls answered, by name and outcome'),
      labelNames: ['call', 'outcome'],
    });
    this.handshakes = new Counter({
      ...named('handshakes_total', 'Handshakes, by outcome'),
      labelNames: ['outcome'],
    });
    this.cutOff = new Counter({
      ...named('cut_off_total', 'Connections ended by the server, by code'),
      labelNames: ['code'],
    });
  }
}
