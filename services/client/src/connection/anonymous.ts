/** A short connection that signs in as nobody: to make an account, or to restore one. */
import type { Wire } from '../wire.ts';
import { Connection } from './connection.ts';

export interface Met {
  /** The server's signing key (SPKI, base64url), to be pinned. */
  readonly serverKey: string;
  readonly generation: string;
}

/**
 * Runs `work` over a connection of its own. Rejects with what `work` rejects with, or at the first failure of the connection: a person
 * waits for the answer.
 */
export function anonymously<T>(
  url: string,
  pinned: string | null,
  work: (wire: Pick<Wire, 'call'>, met: Met) => Promise<T>,
): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const connection = new Connection({
    url,
    identity: null,
    pinned,
    events: {
      online(session, _welcome, serverKey, generation) {
        const wire = { call: session.call.bind(session) } as Pick<Wire, 'call'>;
        work(wire, { serverKey, generation }).then(resolve, reject);
      },
      offline: (error) => reject(error),
      notice: () => undefined,
      entries: () => undefined,
    },
  });
  connection.open();
  return promise.finally(() => connection.close());
}
