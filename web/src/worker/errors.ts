/** Of a thrown error Comlink carries name, message and stack; a `SottoError` also has a code. Imported on both sides. */
import { type TransferHandler, transferHandlers } from 'comlink';

interface Thrown {
  value: unknown;
}
interface Carried {
  isError: boolean;
  value: { code?: unknown };
}

const plain = transferHandlers.get('throw') as TransferHandler<Thrown, Carried>;

transferHandlers.set('throw', {
  canHandle: plain.canHandle,
  serialize(thrown: Thrown) {
    const [carried, transfers] = plain.serialize(thrown);
    const { value } = thrown;
    if (carried.isError && value instanceof Error && 'code' in value) carried.value.code = String(value.code);
    return [carried, transfers];
  },
  // Comlink's own assigns all it was given to the error that it throws.
  deserialize: plain.deserialize,
});
