/** The state of the connection as a person would say it. */
import type { ConnectionState } from '@sotto/client';

export interface ConnectionWords {
  readonly title: string;
  readonly detail: string;
}

/** No other attempt is made, as for a revoked device. */
const FINAL =
  'Sotto does not try again by itself. Reload the page, or look into Settings to begin anew here.';
const KEPT = 'What you write is kept here and sent later.';

/** `now` counts down to the next attempt; null leaves the time out. */
export function connectionWords(connection: ConnectionState, now: number | null): ConnectionWords {
  switch (connection.state) {
    case 'online':
      return { title: 'Connected', detail: '' };
    case 'connecting':
      return { title: 'Connecting', detail: KEPT };
    case 'catching-up':
      return {
        title: 'Catching up',
        detail: connection.behind === 1 ? '1 message to go' : `${connection.behind} messages to go`,
      };
    case 'offline': {
      const reason = sentence(connection.reason);
      if (connection.retryAt === null) return { title: 'Signed out', detail: `${reason} ${FINAL}` };
      const wait = now === null ? null : Math.ceil((connection.retryAt - now) / 1000);
      const again = wait === null ? '' : wait > 0 ? ` Trying again in ${wait} s.` : ' Trying again now.';
      return { title: 'Offline', detail: `${reason}${again} ${KEPT}` };
    }
  }
}

/** Without what is for a log only, such as "(xhr poll error)". */
function sentence(reason: string): string {
  const text = reason.replace(/\s*\([^)]*\)\.?$/, '').trim();
  return text === ''
    ? 'No connection.'
    : `${text[0]?.toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`;
}
