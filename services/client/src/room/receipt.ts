/** A receipt as it comes over the wire, checked against the server's own key. */
import { type Bytes, equal, fromB64, verifyReceipt, type WireReceipt } from '@sotto/protocol';
import { Lie } from '../ledger/lie.ts';

/** Throws a `Lie` where the server did not sign it. */
export async function verifiedReceipt(
  receipt: WireReceipt,
  room: Bytes,
  serverKey: CryptoKey | null,
): Promise<void> {
  const { seq, at, index, size } = receipt;
  const parsed = {
    room: fromB64(receipt.room),
    seq,
    chain: fromB64(receipt.chain),
    at,
    index,
    size,
    path: receipt.path.map(fromB64),
    signature: fromB64(receipt.signature),
  };
  if (serverKey !== null && equal(parsed.room, room) && (await verifyReceipt(parsed, serverKey))) return;
  const said = JSON.stringify(receipt);
  throw new Lie('receipt-broken', 'The server sent a receipt that it did not sign.', { room, seq, said });
}
