/** Plain data as bytes for a file, by V8's own format, which keeps maps and byte arrays and reads all its older versions. */
import { Deserializer, Serializer } from 'node:v8';
import type { Bytes } from '@sotto/protocol';
import { copyOf } from './plain.ts';

/** Writes of a byte array what it shows, where V8 would write all the memory behind it. */
class Writer extends Serializer {
  /** Node has it and documents it; its types do not. */
  declare _setTreatArrayBufferViewsAsHostObjects: (flag: boolean) => void;

  constructor() {
    super();
    this._setTreatArrayBufferViewsAsHostObjects(true);
  }

  /** Called by V8. */
  _writeHostObject(value: unknown): void {
    if (!(value instanceof Uint8Array)) throw new TypeError('only byte arrays can be kept');
    this.writeUint32(value.length);
    this.writeRawBytes(value);
  }
}

class Reader extends Deserializer {
  /** Called by V8. A copy: Node would hand out views, often Buffers, over the memory of the whole row. */
  _readHostObject(): Bytes {
    return new Uint8Array(this.readRawBytes(this.readUint32()));
  }
}

/** Throws TypeError on what is no plain data. */
export function toBytes(value: unknown): Bytes {
  const writer = new Writer();
  writer.writeHeader();
  writer.writeValue(copyOf(value));
  return new Uint8Array(writer.releaseBuffer());
}

/** Throws where the bytes are damaged. */
export function fromBytes(bytes: Uint8Array): unknown {
  const reader = new Reader(bytes);
  reader.readHeader();
  return reader.readValue();
}
