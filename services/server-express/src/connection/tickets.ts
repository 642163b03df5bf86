/** Resumption tickets (design section 5): a session's secret and identity, sealed under the key that all replicas share. */

import type { Store } from '@sotto/log';
import {
  type Bytes,
  b64,
  fromB64,
  LIMITS,
  openTicket,
  randomBytes,
  SottoError,
  sealTicket,
  type Ticket,
} from '@sotto/protocol';

/** A fresh ticket for a session, base64url. */
export async function issueTicket(
  ticketKey: CryptoKey,
  holder: { account: Bytes; device: Bytes; chainSeq: number; secret: Bytes },
  now: number,
): Promise<string> {
  const { account, device, chainSeq, secret } = holder;
  const ticket: Ticket = {
    account: b64(account),
    device: b64(device),
    chainSeq,
    secret: b64(secret),
    issuedAt: now,
  };
  return b64(await sealTicket(ticketKey, randomBytes(12), ticket));
}

export interface TicketHolder {
  readonly account: Bytes;
  readonly device: Bytes;
  readonly secret: Bytes;
  readonly chainSeq: number;
  /** The device's verification key. */
  readonly spki: Bytes;
}

/**
 * Who holds a ticket. Throws `ticket_invalid` where it is not ours, too old, of a device that is not live, or from before the
 * newest statement of the account's key chain: revoking a device or a key voids the account's tickets.
 */
export async function redeemTicket(
  ticketKey: CryptoKey,
  store: Store,
  sealed: Bytes,
  now: number,
): Promise<TicketHolder> {
  const ticket = await openTicket(ticketKey, sealed);
  if (ticket === null) throw new SottoError('ticket_invalid');
  const age = now - ticket.issuedAt;
  if (age > LIMITS.ticketAgeMs) throw new SottoError('ticket_invalid', 'it is too old');
  const [account, deviceId] = [fromB64(ticket.account), fromB64(ticket.device)];
  const [[stored], device] = await Promise.all([store.accounts([account]), store.device(account, deviceId)]);
  if (stored?.chainSeq !== ticket.chainSeq)
    throw new SottoError('ticket_invalid', 'the keys changed meanwhile');
  if (device?.live !== true) throw new SottoError('ticket_invalid', 'the device is not live');
  const { secret, chainSeq } = ticket;
  return { account, device: deviceId, secret: fromB64(secret), chainSeq, spki: device.spki };
}
