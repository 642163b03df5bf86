/** A lie of the server (or of a member) that a check has caught: its name, plain words, and the bytes that prove it. */
import { b64 } from '@sotto/protocol';
import type { AlertName } from '../views.ts';

type Evidence = Readonly<Record<string, Uint8Array | number | string>>;

export class Lie extends Error {
  readonly alert: AlertName;
  /** JSON that a third person can check. */
  readonly proof: string;
  /** True where it touches its own entry alone: what follows can be judged without it. */
  readonly confined: boolean;

  /** `evidence`: bytes become base64url. */
  constructor(alert: AlertName, sentence: string, evidence: Evidence, confined = false) {
    super(sentence);
    this.name = 'Lie';
    this.alert = alert;
    this.confined = confined;
    const text = Object.entries(evidence).map(([k, v]) => [k, v instanceof Uint8Array ? b64(v) : v]);
    this.proof = JSON.stringify({ alert, sentence, ...Object.fromEntries(text) });
  }

  /** About one entry, which is passed over. */
  static ofEntry(alert: AlertName, sentence: string, evidence: Evidence): Lie {
    return new Lie(alert, sentence, evidence, true);
  }
}
