/** The room chain (design section 6): a hash over the log, a pure function of it, the same for everybody. */
import { type Bytes, concat, label, u64 } from './bytes.ts';
import { sha256 } from './crypto.ts';

const STEP = new Uint8Array([0x02]);

/** H0 = SHA-256("sotto/1/room" || 0x00 || room). */
export const chainStart = (room: Bytes): Promise<Bytes> => sha256(concat(label('sotto/1/room'), room));

/** Hn = SHA-256(0x02 || Hn-1 || u64 n || SHA-256(envelope)). `seq` is n; `digest` is SHA-256(envelope). */
export const chainStep = (previous: Bytes, seq: number, digest: Bytes): Promise<Bytes> =>
  sha256(concat(STEP, previous, u64(seq), digest));
