/** The server as the parts of a client see it, whichever connection is up now. */
import type { Bytes, CallName, Calls, EntryBatch } from '@sotto/protocol';

export interface Wire {
  /** Rejects with the server's refusal, `timeout`, or `no_connection` where there is no connection. */
  call<N extends CallName>(name: N, args: Calls[N]['ask']): Promise<Calls[N]['answer']>;
  read<N extends 'read' | 'invite.read'>(
    name: N,
    args: Calls[N]['ask'],
  ): Promise<{ batch: EntryBatch | null; head: number; chain: string }>;
  /** Hands envelopes over; false where there is no connection. Answers come as notices. */
  send(envelopes: readonly Bytes[]): boolean;
}
