/**
 * The protobuf wire format: a writer that keeps large byte runs as references in a chunk list, so
 * that weights are never copied while a message is built. Knows no message of any schema.
 */

const VARINT = 0;
const FIXED32 = 5;
const LENGTH_DELIMITED = 2;

/** Byte runs from this length on are referenced, shorter ones are copied into the small buffer. */
const referenceBytesMin = 4096;

const encoder = new TextEncoder();

/** One message under construction. Fields appear in the order in which they are written. */
export class Writer {
  #finished: Uint8Array[] = [];
  #finishedBytes = 0;
  #tail = new Uint8Array(64);
  #tailBytes = 0;

  /** Bytes written so far. */
  get byteLength(): number {
    return this.#finishedBytes + this.#tailBytes;
  }

  /** int32, int64, bool and enum fields: two's complement for negative values. */
  integer(field: number, value: number): this {
    this.#key(field, VARINT);
    this.#signed(value);
    return this;
  }

  float(field: number, value: number): this {
    this.#key(field, FIXED32);
    this.#fixed32(value);
    return this;
  }

  string(field: number, value: string): this {
    return this.bytes(field, encoder.encode(value));
  }

  /** The bytes are not copied when they are many: they must not change until `chunks` is read. */
  bytes(field: number, value: Uint8Array): this {
    this.#key(field, LENGTH_DELIMITED);
    this.#unsigned(value.byteLength);
    this.#append(value);
    return this;
  }

  /** A nested message, which must not be written to afterwards. */
  message(field: number, value: Writer): this {
    this.#key(field, LENGTH_DELIMITED);
    this.#unsigned(value.byteLength);
    for (const chunk of value.chunks()) this.#append(chunk);
    return this;
  }

  /** A packed repeated int64 field; nothing is written for an empty list. */
  integers(field: number, values: readonly number[]): this {
    if (values.length === 0) return this;
    const packed = new Writer();
    for (const value of values) packed.#signed(value);
    return this.message(field, packed);
  }

  /** A packed repeated float field; nothing is written for an empty list. */
  floats(field: number, values: readonly number[]): this {
    if (values.length === 0) return this;
    const packed = new Writer();
    for (const value of values) packed.#fixed32(value);
    return this.message(field, packed);
  }

  /** The message as byte runs in order; their concatenation is the encoding. */
  chunks(): readonly Uint8Array[] {
    this.#finishTail();
    return this.#finished;
  }

  /** The message in one array (copies every chunk once). */
  toBytes(): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(this.byteLength);
    let offset = 0;
    for (const chunk of this.chunks()) {
      bytes.set(chunk, offset);
      offset += chunk.byteLength;
    }
    return bytes;
  }

  #key(field: number, wireType: number): void {
    this.#unsigned(field * 8 + wireType);
  }

  /** A non-negative varint, up to 2^53. */
  #unsigned(value: number): void {
    this.#reserve(10);
    let rest = value;
    while (rest >= 128) {
      this.#tail[this.#tailBytes++] = (rest % 128) + 128;
      rest = Math.floor(rest / 128);
    }
    this.#tail[this.#tailBytes++] = rest;
  }

  #signed(value: number): void {
    if (!Number.isSafeInteger(value)) throw new RangeError(`${value} is not a safe integer`);
    if (value >= 0) return this.#unsigned(value);
    this.#reserve(10);
    let rest = BigInt.asUintN(64, BigInt(value));
    while (rest >= 128n) {
      this.#tail[this.#tailBytes++] = Number(rest & 127n) + 128;
      rest >>= 7n;
    }
    this.#tail[this.#tailBytes++] = Number(rest);
  }

  #fixed32(value: number): void {
    this.#reserve(4);
    const view = new DataView(this.#tail.buffer, this.#tailBytes, 4);
    view.setFloat32(0, value, true);
    this.#tailBytes += 4;
  }

  #append(bytes: Uint8Array): void {
    if (bytes.byteLength >= referenceBytesMin) {
      this.#finishTail();
      this.#finished.push(bytes);
      this.#finishedBytes += bytes.byteLength;
    } else {
      this.#reserve(bytes.byteLength);
      this.#tail.set(bytes, this.#tailBytes);
      this.#tailBytes += bytes.byteLength;
    }
  }

  #finishTail(): void {
    if (this.#tailBytes === 0) return;
    this.#finished.push(this.#tail.subarray(0, this.#tailBytes));
    this.#finishedBytes += this.#tailBytes;
    this.#tail = new Uint8Array(64);
    this.#tailBytes = 0;
  }

  #reserve(bytes: number): void {
    const needed = this.#tailBytes + bytes;
    if (needed <= this.#tail.byteLength) return;
    const grown = new Uint8Array(Math.max(needed, 2 * this.#tail.byteLength));
    grown.set(this.#tail.subarray(0, this.#tailBytes));
    this.#tail = grown;
  }
}
