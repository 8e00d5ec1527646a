/**
 * Reads the protobuf wire format inside given bounds, without copying: fields in order, each as a
 * number or as a range of bytes. Knows no message of any schema.
 */
import { malformed, type OnnxLimits } from "./limits.ts";

/** Where the reader is in the file, and the counts that all readers of one file share. */
export interface Reading {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly limits: OnnxLimits;
  /** Names of the messages entered, outermost first. */
  readonly path: string[];
  /** The messages entered, outermost first, as places of bytes. */
  readonly frames: Frame[];
  readonly counts: { nodes: number; tensors: number; graphs: number; operands: number };
}

/** A message inside another: where its length is written, where it begins and ends. */
export interface Frame {
  readonly lengthAt: number;
  readonly start: number;
  readonly end: number;
}

export const wireTypes = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

const decoder = new TextDecoder("utf-8", { fatal: true });

/** The JSON pointer of the message being read. */
export const pointerOf = ({ path }: Reading): string => path.map((part) => `/${part}`).join("");

/** Fields of one message, which lies between `start` and `end`. */
export class FieldReader {
  readonly reading: Reading;
  readonly #end: number;
  #at: number;
  /** Number of the present field, and how it is written. */
  field = 0;
  wire = 0;
  #lengthAt = 0;

  constructor(reading: Reading, start: number, end: number) {
    this.reading = reading;
    this.#at = start;
    this.#end = end;
  }

  /** Place of the byte that is read next. */
  get at(): number {
    return this.#at;
  }

  refuse(detail: string): Error {
    return malformed(pointerOf(this.reading), detail);
  }

  /** Moves to the next field; false at the end of the message. */
  next(): boolean {
    if (this.#at === this.#end) return false;
    const key = this.#unsigned();
    this.field = Math.floor(key / 8);
    this.wire = key % 8;
    if (this.field < 1 || this.field > 536_870_911) throw this.refuse("a field has no number");
    return true;
  }

  /** Passes over a field that nobody needs. */
  skip(): void {
    switch (this.wire) {
      case wireTypes.varint:
        this.#unsigned();
        break;
      case wireTypes.fixed64:
        this.#advance(8);
        break;
      case wireTypes.bytes:
        this.range();
        break;
      case wireTypes.fixed32:
        this.#advance(4);
        break;
      default:
        throw this.refuse(`a field has wire type ${this.wire}, which ONNX never uses`);
    }
  }

  /** An int32, int64, bool or enum; what a double cannot hold exactly is rounded. */
  integer(): number {
    this.#expect(wireTypes.varint);
    return this.#signed();
  }

  float(): number {
    this.#expect(wireTypes.fixed32);
    return this.reading.view.getFloat32(this.#advance(4), true);
  }

  double(): number {
    this.#expect(wireTypes.fixed64);
    return this.reading.view.getFloat64(this.#advance(8), true);
  }

  /** The bytes of a length-delimited field as places in the file. */
  range(): Frame {
    this.#expect(wireTypes.bytes);
    this.#lengthAt = this.#at;
    const length = this.#unsigned();
    const start = this.#advance(length);
    return { lengthAt: this.#lengthAt, start, end: start + length };
  }

  string(): string {
    const { start, end } = this.range();
    if (end - start > this.reading.limits.stringBytesMax) {
      throw this.refuse(`a text has ${end - start} bytes`);
    }
    try {
      return decoder.decode(this.reading.bytes.subarray(start, end));
    } catch {
      throw this.refuse("a text is not UTF-8");
    }
  }

  /** A nested message under a name; `read` gets its fields. */
  message<Value>(name: string, read: (fields: FieldReader) => Value): Value {
    const frame = this.range();
    const { path, frames } = this.reading;
    path.push(name);
    frames.push(frame);
    const value = read(new FieldReader(this.reading, frame.start, frame.end));
    path.pop();
    frames.pop();
    return value;
  }

  /** Appends the numbers of a repeated int64 field, packed or not. */
  integers(into: number[]): void {
    if (this.wire === wireTypes.varint) {
      this.#push(into, this.integer());
      return;
    }
    const { start, end } = this.range();
    const packed = new FieldReader(this.reading, start, end);
    while (packed.at < end) this.#push(into, packed.#signed());
  }

  /** The numbers of a packed int64 field whose content is all that this reader holds. */
  packedIntegers(): number[] {
    const numbers: number[] = [];
    while (this.#at < this.#end) this.#push(numbers, this.#signed());
    return numbers;
  }

  /** Appends the numbers of a repeated float field, packed or not. */
  floats(into: number[]): void {
    if (this.wire === wireTypes.fixed32) {
      this.#push(into, this.float());
      return;
    }
    const { start, end } = this.range();
    if ((end - start) % 4 !== 0) throw this.refuse("packed floats are cut off");
    for (let at = start; at < end; at += 4) {
      this.#push(into, this.reading.view.getFloat32(at, true));
    }
  }

  /** Appends to a list that may not grow without end. */
  append<Item>(into: Item[], item: Item): void {
    this.#push(into, item);
  }

  #push<Item>(into: Item[], item: Item): void {
    if (into.length >= this.reading.limits.entriesMax) throw this.refuse("a list is too long");
    into.push(item);
  }

  #expect(wire: number): void {
    if (this.wire !== wire) {
      throw this.refuse(`field ${this.field} has wire type ${this.wire} and not ${wire}`);
    }
  }

  #advance(count: number): number {
    const from = this.#at;
    if (count > this.#end - from) throw this.refuse("the message is cut off");
    this.#at = from + count;
    return from;
  }

  /** A varint below 2^53: keys and lengths. */
  #unsigned(): number {
    let [value, unit] = [0, 1];
    for (let count = 0; count < 8; count++) {
      const byte = this.reading.bytes[this.#advance(1)] ?? 0;
      value += (byte & 127) * unit;
      if (byte < 128) {
        if (value > Number.MAX_SAFE_INTEGER) throw this.refuse("a length is too large");
        return value;
      }
      unit *= 128;
    }
    // Ten bytes are a negative number, which skipping must pass over too.
    this.#at -= 8;
    return this.#signed();
  }

  /** A varint as two's complement of 64 bits. */
  #signed(): number {
    let [value, unit] = [0, 1];
    const from = this.#at;
    for (let count = 0; count < 10; count++) {
      const byte = this.reading.bytes[this.#advance(1)] ?? 0;
      value += (byte & 127) * unit;
      if (byte < 128) return value <= Number.MAX_SAFE_INTEGER ? value : this.#wide(from);
      unit *= 128;
    }
    throw this.refuse("an integer has more than ten bytes");
  }

  #wide(from: number): number {
    let value = 0n;
    for (let at = from; at < this.#at; at++) {
      value |= BigInt((this.reading.bytes[at] ?? 0) & 127) << BigInt(7 * (at - from));
    }
    return Number(BigInt.asIntN(64, value));
  }
}
