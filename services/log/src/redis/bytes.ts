/** Bytes on their way into and out of Redis. */
import { own } from '@sotto/protocol';

export { own };

/** The same memory as a Buffer, which ioredis sends as it is. */
export const buffer = (bytes: Uint8Array): Buffer =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

export const flag = (yes: boolean): string => (yes ? '1' : '0');

/** Pairs of a flat answer such as that of HGETALL. */
export function pairs(flat: readonly Buffer[]): [Buffer, Buffer][] {
  const out: [Buffer, Buffer][] = [];
  for (let i = 0; i + 1 < flat.length; i += 2) out.push([flat[i] as Buffer, flat[i + 1] as Buffer]);
  return out;
}
