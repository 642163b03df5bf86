/**
 * The bodies inside one direction of a recorded HTTP/1.1 connection: chunks joined, compression undone, and, after an upgrade,
 * the WebSocket messages. Head lines are returned too, as they stand.
 */
import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib';
import { webSocketMessages } from './websocket-frames.ts';

const HEAD_END = Buffer.from('\r\n\r\n');
const LINE_END = Buffer.from('\r\n');

function headers(head: string): Map<string, string> {
  const out = new Map<string, string>();
  for (const line of head.split('\r\n').slice(1)) {
    const colon = line.indexOf(':');
    if (colon > 0) out.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
  }
  return out;
}

/** A chunked body (RFC 9112 section 7.1) and where it ends; ends with the recording where that was cut. */
function chunked(stream: Buffer, from: number): { body: Buffer; next: number } {
  const parts: Buffer[] = [];
  for (let offset = from; ; ) {
    const line = stream.indexOf(LINE_END, offset);
    if (line < 0) return { body: Buffer.concat(parts), next: stream.length };
    const size = Number.parseInt(stream.toString('latin1', offset, line), 16);
    if (!(size > 0)) return { body: Buffer.concat(parts), next: line + 4 };
    parts.push(stream.subarray(line + 2, line + 2 + size));
    offset = line + 2 + size + 2;
  }
}

function decompressed(body: Buffer, encoding: string | undefined): Buffer {
  // A body that the cut line left incomplete cannot be opened any more; its raw bytes are searched elsewhere.
  try {
    if (encoding === 'gzip') return gunzipSync(body);
    if (encoding === 'deflate') return inflateSync(body);
    if (encoding === 'br') return brotliDecompressSync(body);
  } catch {
    return body;
  }
  return body;
}

/** All readable parts of one direction, in order. Throws where WebSocket frames are compressed. */
export function httpParts(stream: Buffer): Buffer[] {
  const parts: Buffer[] = [];
  for (let offset = 0; offset < stream.length; ) {
    const end = stream.indexOf(HEAD_END, offset);
    if (end < 0) break;
    const head = stream.toString('latin1', offset, end);
    if (!/^([A-Z]+ \S+ HTTP\/1\.[01]|HTTP\/1\.[01] \d{3})/.test(head)) break;
    parts.push(stream.subarray(offset, end));
    const fields = headers(head);
    offset = end + HEAD_END.length;
    const status = /^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1];
    const upgraded =
      status === undefined ? fields.get('upgrade')?.toLowerCase() === 'websocket' : status === '101';
    if (upgraded) {
      parts.push(...webSocketMessages(stream.subarray(offset)));
      break;
    }
    if (fields.get('transfer-encoding')?.toLowerCase() === 'chunked') {
      const { body, next } = chunked(stream, offset);
      parts.push(decompressed(body, fields.get('content-encoding')));
      offset = next;
    } else if (status !== '304' && status !== '204') {
      const length = Number(fields.get('content-length') ?? 0);
      parts.push(decompressed(stream.subarray(offset, offset + length), fields.get('content-encoding')));
      offset += length;
    }
  }
  return parts;
}
