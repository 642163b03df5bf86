import { b64, randomBytes } from '@sotto/protocol';
import { expect, test } from 'vitest';
import { emptyLedger, type Ledger } from '../ledger/state.ts';
import { ChainPromises } from './promises.ts';

async function ledgerAt(seq: number): Promise<Ledger> {
  const ledger = await emptyLedger(randomBytes(16));
  let { hashes } = ledger;
  for (let n = 1; n <= seq; n++) hashes = hashes.with(n, randomBytes(32));
  return { ...ledger, seq, hashes };
}

test('a promise about what is there is compared at once', async () => {
  const ledger = await ledgerAt(3);
  const promises = new ChainPromises();
  promises.take(ledger, 2, b64(ledger.hashes.get(2) ?? new Uint8Array()), 'ack', '{}');
  const other = b64(randomBytes(32));
  expect(() => promises.take(ledger, 2, other, 'ack', '{}')).toThrow(
    expect.objectContaining({ alert: 'history-forked' }),
  );
  expect(() => promises.take(ledger, 2, other, 'receipt', '{}')).toThrow(
    expect.objectContaining({ alert: 'receipt-broken' }),
  );
});

test('a promise about what is to come is kept or broken by the log; the proof names both', async () => {
  const ledger = await ledgerAt(1);
  const [kept, broken] = [randomBytes(32), randomBytes(32)];
  const promises = new ChainPromises();
  promises.take(ledger, 2, b64(kept), 'summary', '{}');
  promises.take(ledger, 3, b64(broken), 'receipt', '{"said":"so"}');
  expect(() => promises.check(ledger, 2, [kept])).not.toThrow();
  try {
    promises.check(ledger, 2, [kept, randomBytes(32)]);
    expect.unreachable();
  } catch (error) {
    expect(error).toMatchObject({ alert: 'receipt-broken' });
    expect((error as { proof: string }).proof).toContain(b64(broken));
  }
  promises.kept(3);
  expect(() => promises.check(ledger, 2, [randomBytes(32), randomBytes(32)])).not.toThrow();
});
