/**
 * Array elements as they lie in files, and their host values: byte order, half precision, 64-bit
 * integers, booleans. Knows no file layout.
 */
import { bytesOf, type DType, type Shape, type TensorData } from "#engine/tensor.ts";
import { FormatError } from "./format-error.ts";

/** Element kinds that some format stores: letter and bytes, as in npy; `bf16` is bfloat16. */
export type Element =
  | "f2"
  | "bf16"
  | "f4"
  | "f8"
  | "i1"
  | "i2"
  | "i4"
  | "i8"
  | "u1"
  | "u2"
  | "u4"
  | "u8"
  | "b1";

/** Bytes of one element in the file. */
export const elementBytes: Readonly<Record<Element, number>> = {
  f2: 2,
  bf16: 2,
  f4: 4,
  f8: 8,
  i1: 1,
  i2: 2,
  i4: 4,
  i8: 8,
  u1: 1,
  u2: 2,
  u4: 4,
  u8: 8,
  b1: 1,
};

/** The host type that each element becomes. Integers that do not fit int32 are refused by value. */
export const hostType: Readonly<Record<Element, DType>> = {
  f2: "float32",
  bf16: "float32",
  f4: "float32",
  f8: "float64",
  i1: "int32",
  i2: "int32",
  i4: "int32",
  i8: "int32",
  u1: "int32",
  u2: "int32",
  u4: "int32",
  u8: "int32",
  b1: "bool",
};

/** Longest axis and most axes that any reader accepts. */
const axisMax = 2 ** 31 - 1;
const rankMax = 16;

/** Where a refusal points. */
export interface Place {
  readonly format: string;
  readonly pointer: string;
}

/** What lies where: `count` elements of `element` at the start of `bytes`. */
export interface Stored {
  readonly bytes: Uint8Array;
  readonly element: Element;
  readonly bigEndian: boolean;
}

const hostIsBigEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 0;

/**
 * Number of elements of a declared shape. Throws FormatError when an axis, the rank, or the host
 * size in bytes is beyond the limit, before anything is allocated.
 */
export function countOf(
  shape: Shape,
  size: { element: Element; bytesMax: number },
  place: Place,
): number {
  const refuse = (what: string): never => {
    throw new FormatError(place.format, what, place.pointer);
  };
  if (shape.length > rankMax) {
    refuse(`the array has ${shape.length} axes; at most ${rankMax} can be read`);
  }
  let count = 1;
  for (const length of shape) {
    if (!Number.isInteger(length) || length < 0 || length > axisMax) {
      refuse(`an axis has length ${length}; it must be an integer from 0 to ${axisMax}`);
    }
    count *= length;
  }
  const bytes = count * bytesOf[hostType[size.element]];
  if (!(bytes <= size.bytesMax)) {
    refuse(
      `shape [${shape.join(", ")}] needs ${bytes} bytes, above the limit of ${size.bytesMax}; ` +
        "send fewer examples or a narrower element type",
    );
  }
  return count;
}

/**
 * Host values of `stored.bytes`, whose length must be a multiple of the element size. Where layout
 * and alignment allow it the result is a view on the same memory, otherwise a copy. Throws
 * FormatError for an integer outside int32 and a boolean other than 0 and 1, naming the first.
 */
export function decodeElements(stored: Stored, place: Place): TensorData {
  const bytes = nativeBytes(stored);
  const { buffer, byteOffset } = bytes;
  const count = bytes.length / elementBytes[stored.element];
  switch (stored.element) {
    case "f4":
      return new Float32Array(buffer, byteOffset, count);
    case "f8":
      return new Float64Array(buffer, byteOffset, count);
    case "i4":
      return new Int32Array(buffer, byteOffset, count);
    case "i1":
      return new Int32Array(new Int8Array(buffer, byteOffset, count));
    case "i2":
      return new Int32Array(new Int16Array(buffer, byteOffset, count));
    case "u1":
      return new Int32Array(bytes);
    case "u2":
      return new Int32Array(new Uint16Array(buffer, byteOffset, count));
    case "u4":
      return fromUint32(new Uint32Array(buffer, byteOffset, count), place);
    case "i8":
      return fromInt64(new Int32Array(buffer, byteOffset, 2 * count), true, place);
    case "u8":
      return fromInt64(new Int32Array(buffer, byteOffset, 2 * count), false, place);
    case "f2":
      return fromHalf(new Uint16Array(buffer, byteOffset, count));
    case "bf16":
      return fromBrainHalf(new Uint16Array(buffer, byteOffset, count));
    case "b1":
      return checkedBooleans(bytes, place);
    default:
      return stored.element satisfies never;
  }
}

/** Little-endian bytes of host values; a view on the same memory where the host allows it. */
export function encodeElements(data: TensorData): Uint8Array {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  if (!hostIsBigEndian || data.BYTES_PER_ELEMENT === 1) return bytes;
  return swapped(bytes, data.BYTES_PER_ELEMENT);
}

/** The same elements in the host's byte order, aligned for a typed array. */
function nativeBytes({ bytes, element, bigEndian }: Stored): Uint8Array {
  const width = elementBytes[element];
  if (width > 1 && bigEndian !== hostIsBigEndian) return swapped(bytes, width);
  // Not `slice`: on a Buffer that would be a view, and a Buffer is no plain Uint8Array.
  return bytes.byteOffset % width === 0
    ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
    : new Uint8Array(bytes);
}

function swapped(bytes: Uint8Array, width: number): Uint8Array {
  const copy = new Uint8Array(bytes.length);
  copy.set(bytes);
  const buffer = Buffer.from(copy.buffer);
  if (width === 2) buffer.swap16();
  else if (width === 4) buffer.swap32();
  else buffer.swap64();
  return copy;
}

function refuseOverflow(index: number, place: Place): never {
  throw new FormatError(
    place.format,
    `the integer at flat index ${index} does not fit in 32 bits; store such values as float64`,
    place.pointer,
  );
}

function fromUint32(values: Uint32Array, place: Place): Int32Array {
  for (let i = 0; i < values.length; i++) {
    if ((values[i] as number) > 0x7fffffff) refuseOverflow(i, place);
  }
  return new Int32Array(values);
}

/** 64-bit integers read as pairs of 32-bit words: about ten times as fast as through BigInt. */
function fromInt64(words: Int32Array, signed: boolean, place: Place): Int32Array {
  const out = new Int32Array(words.length / 2);
  const lowAt = hostIsBigEndian ? 1 : 0;
  for (let i = 0; i < out.length; i++) {
    const low = words[2 * i + lowAt] as number;
    const high = words[2 * i + 1 - lowAt] as number;
    const fits = signed ? high === low >> 31 : high === 0 && low >= 0;
    if (!fits) refuseOverflow(i, place);
    out[i] = low;
  }
  return out;
}

/** IEEE 754 binary16, by moving its fields to their places in binary32. */
function fromHalf(halves: Uint16Array): Float32Array {
  const out = new Float32Array(halves.length);
  const words = new Uint32Array(out.buffer);
  for (let i = 0; i < halves.length; i++) {
    const half = halves[i] as number;
    const sign = (half & 0x8000) << 16;
    const exponent = (half >> 10) & 0x1f;
    const fraction = half & 0x3ff;
    if (exponent === 0) {
      out[i] = (sign === 0 ? 1 : -1) * fraction * 2 ** -24;
    } else {
      const shifted = exponent === 31 ? 255 : exponent + 112;
      words[i] = sign | (shifted << 23) | (fraction << 13);
    }
  }
  return out;
}

function fromBrainHalf(halves: Uint16Array): Float32Array {
  const words = new Uint32Array(halves.length);
  for (let i = 0; i < halves.length; i++) words[i] = (halves[i] as number) << 16;
  return new Float32Array(words.buffer);
}

function checkedBooleans(bytes: Uint8Array, place: Place): Uint8Array {
  const bad = bytes.findIndex((value) => value > 1);
  if (bad !== -1) {
    throw new FormatError(
      place.format,
      `the boolean at flat index ${bad} is stored as ${bytes[bad]}; only 0 and 1 are booleans`,
      place.pointer,
    );
  }
  return bytes;
}
