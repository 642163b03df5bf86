/**
 * The payloads inside a recorded WebSocket stream (RFC 6455 section 5). Frames from clients are masked, so a search of the
 * raw bytes alone would find nothing in them.
 */

interface Frame {
  readonly final: boolean;
  readonly opcode: number;
  readonly payload: Buffer;
}

const CONTINUATION = 0;
const FIRST_CONTROL = 8;

/** The frame that begins at `offset`, and where the next one does; null where the recording ends within it. */
function frameAt(stream: Buffer, offset: number): { frame: Frame; next: number } | null {
  if (offset + 2 > stream.length) return null;
  const first = stream[offset] as number;
  const second = stream[offset + 1] as number;
  // A compressed payload would make the search blind, which must not look like a search without findings.
  if ((first & 0x70) !== 0) throw new Error('a WebSocket frame with reserved bits: is compression on?');
  let at = offset + 2;
  let length = second & 0x7f;
  const wide = length === 126 ? 2 : length === 127 ? 8 : 0;
  if (at + wide > stream.length) return null;
  if (wide === 2) length = stream.readUInt16BE(at);
  if (wide === 8) length = Number(stream.readBigUInt64BE(at));
  at += wide;
  const masked = (second & 0x80) !== 0;
  const mask = masked ? stream.subarray(at, at + 4) : null;
  if (masked) at += 4;
  // What the line was cut within is still worth searching.
  const payload = Buffer.from(stream.subarray(at, Math.min(at + length, stream.length)));
  if (mask?.length === 4) {
    for (let i = 0; i < payload.length; i++) payload[i] = (payload[i] as number) ^ (mask[i % 4] as number);
  }
  return { frame: { final: (first & 0x80) !== 0, opcode: first & 0x0f, payload }, next: at + length };
}

/** Messages of one direction, unmasked, fragments joined, control frames included; an unfinished last one too. */
export function webSocketMessages(stream: Buffer): Buffer[] {
  const messages: Buffer[] = [];
  let fragments: Buffer[] = [];
  for (let offset = 0; ; ) {
    const found = frameAt(stream, offset);
    if (found === null) break;
    const { frame, next } = found;
    offset = next;
    if (frame.opcode >= FIRST_CONTROL) {
      messages.push(frame.payload);
      continue;
    }
    if (frame.opcode !== CONTINUATION) fragments = [];
    fragments.push(frame.payload);
    if (frame.final || offset >= stream.length) messages.push(Buffer.concat(fragments.splice(0)));
  }
  return messages;
}
