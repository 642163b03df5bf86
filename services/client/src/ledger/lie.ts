/** A lie of the server (or of a member) that a check has caught: its name, plain words, and the bytes that prove it. */
import { b64 } from '@sotto/protocol';
import type { AlertName } from '../views.ts';

export class Lie extends Error {
  readonly alert: AlertName;
  /** JSON that a third person can check. */
  readonly proof: string;

  /** `evidence`: bytes become base64url. */
  constructor(
    alert: AlertName,
    sentence: string,
    evidence: Readonly<Record<string, Uint8Array | number | string>>,
  ) {
    super(sentence);
    this.name = 'Lie';
    this.alert = alert;
    const text = Object.entries(evidence).map(([k, v]) => [k, v instanceof Uint8Array ? b64(v) : v]);
    this.proof = JSON.stringify({ alert, sentence, ...Object.fromEntries(text) });
  }
}
