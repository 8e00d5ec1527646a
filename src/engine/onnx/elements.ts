/**
 * Numbers of a tensor in a file as a tensor on the host, viewed in place where the bytes allow it,
 * and back to bytes. Integers that int32 cannot hold become its nearest number.
 */
import type { DType, Tensor, TensorData } from "#engine/tensor.ts";
import { allocate, sizeOf } from "#engine/tensor.ts";
import { FieldReader, type Reading } from "./fields.ts";
import type { FileTensor } from "./file.ts";
import { malformed, onnxLimits } from "./limits.ts";

interface ElementType {
  readonly name: string;
  /** What it becomes on the host. */
  readonly dtype: DType;
  readonly bytes: number;
  readonly read: (view: DataView, at: number) => number;
  readonly write?: (view: DataView, at: number, value: number) => void;
}

const int32Max = 2 ** 31 - 1;
const saturated = (value: number): number =>
  Math.min(int32Max, Math.max(-int32Max - 1, Number.isNaN(value) ? 0 : value));

/** IEEE 754 binary16. */
export function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** The nearest binary16, ties to even. */
export function numberToHalf(value: number): number {
  if (Number.isNaN(value)) return 0x7e00;
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (size >= 65520) return sign | 0x7c00;
  if (size === 0) return sign;
  const exponent = Math.max(-14, Math.min(15, Math.floor(Math.log2(size))));
  const unit = 2 ** (exponent - 10);
  const units = size / unit;
  const low = Math.floor(units);
  const rest = units - low;
  const rounded = rest > 0.5 || (rest === 0.5 && low % 2 === 1) ? low + 1 : low;
  // Rounding up to 2048 units carries into the exponent by itself.
  return sign | (exponent === -14 && low < 1024 ? rounded : (exponent + 15 - 1) * 1024 + rounded);
}

const bits = new DataView(new ArrayBuffer(4));

function bfloatToNumber(half: number): number {
  bits.setUint32(0, half * 65536);
  return bits.getFloat32(0);
}

function numberToBfloat(value: number): number {
  bits.setFloat32(0, value);
  const whole = bits.getUint32(0);
  if (Number.isNaN(value)) return 0x7fc0;
  const rounding = 0x7fff + ((whole >>> 16) & 1);
  return ((whole + rounding) / 65536) & 0xffff;
}

const integer = (
  name: string,
  bytes: number,
  read: (view: DataView, at: number) => number,
): ElementType => ({ name, dtype: "int32", bytes, read });

/** TensorProto.DataType → element type; those that are missing here are refused. */
const elementTypesOfFile: Readonly<Record<number, ElementType>> = {
  1: {
    name: "float",
    dtype: "float32",
    bytes: 4,
    read: (view, at) => view.getFloat32(at, true),
    write: (view, at, value) => view.setFloat32(at, value, true),
  },
  2: integer("uint8", 1, (view, at) => view.getUint8(at)),
  3: integer("int8", 1, (view, at) => view.getInt8(at)),
  4: integer("uint16", 2, (view, at) => view.getUint16(at, true)),
  5: integer("int16", 2, (view, at) => view.getInt16(at, true)),
  6: integer("int32", 4, (view, at) => view.getInt32(at, true)),
  7: integer("int64", 8, (view, at) => Number(view.getBigInt64(at, true))),
  9: { name: "bool", dtype: "bool", bytes: 1, read: (view, at) => (view.getUint8(at) ? 1 : 0) },
  10: {
    name: "float16",
    dtype: "float32",
    bytes: 2,
    read: (view, at) => halfToNumber(view.getUint16(at, true)),
    write: (view, at, value) => view.setUint16(at, numberToHalf(value), true),
  },
  11: {
    name: "double",
    dtype: "float64",
    bytes: 8,
    read: (view, at) => view.getFloat64(at, true),
    write: (view, at, value) => view.setFloat64(at, value, true),
  },
  12: integer("uint32", 4, (view, at) => view.getUint32(at, true)),
  13: integer("uint64", 8, (view, at) => Number(view.getBigUint64(at, true))),
  16: {
    name: "bfloat16",
    dtype: "float32",
    bytes: 2,
    read: (view, at) => bfloatToNumber(view.getUint16(at, true)),
    write: (view, at, value) => view.setUint16(at, numberToBfloat(value), true),
  },
};

/** Kind of an element type, or undefined when it has no meaning here (text, complex numbers …). */
export function dtypeOfFile(type: number): DType | undefined {
  return elementTypesOfFile[type]?.dtype;
}

/** The element type of a tensor; refuses those without a meaning here. */
export function elementTypeOf(tensor: Pick<FileTensor, "type" | "pointer">): ElementType {
  const found = elementTypesOfFile[tensor.type];
  if (found !== undefined) return found;
  throw malformed(tensor.pointer, `tensors of data type ${tensor.type} are not read`);
}

/** True when all bytes of the platform and the file lie in the same order. */
const littleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

function viewed(dtype: DType, bytes: Uint8Array): TensorData | undefined {
  if (!littleEndian) return undefined;
  const width = dtype === "float64" ? 8 : 4;
  // Not slice(): of a Buffer that is another view of the same bytes.
  const aligned = bytes.byteOffset % width === 0 ? bytes : new Uint8Array(bytes);
  const { buffer, byteOffset, byteLength } = aligned;
  if (dtype === "float32") return new Float32Array(buffer, byteOffset, byteLength / 4);
  return dtype === "float64" ? new Float64Array(buffer, byteOffset, byteLength / 8) : undefined;
}

function fromElements(tensor: FileTensor, own: Uint8Array): TensorData {
  const { dtype, bytes, read, name } = elementTypeOf(tensor);
  const size = sizeOf(tensor.shape);
  if (own.byteLength !== size * bytes) {
    throw malformed(
      tensor.pointer,
      `${name}[${tensor.shape}] needs ${size * bytes} bytes and has ${own.byteLength}`,
    );
  }
  const isPlain = name === "float" || name === "double";
  const view = isPlain ? viewed(dtype, own) : undefined;
  if (view !== undefined) return view;
  const data = allocate(dtype, size);
  const from = new DataView(own.buffer, own.byteOffset, own.byteLength);
  const isInteger = dtype === "int32";
  for (let i = 0; i < size; i++) {
    const value = read(from, i * bytes);
    data[i] = isInteger ? saturated(value) : value;
  }
  return data;
}

/** Integers and 16-bit floats may stand in fields of plain numbers, the latter as their bits. */
function fromNumbers(tensor: FileTensor, count: number, at: (i: number) => number): TensorData {
  const { dtype, name } = elementTypeOf(tensor);
  if (count !== sizeOf(tensor.shape)) {
    throw malformed(tensor.pointer, `[${tensor.shape}] has ${count} numbers`);
  }
  const data = allocate(dtype, count);
  for (let i = 0; i < count; i++) {
    const value = at(i);
    if (name === "float16") data[i] = halfToNumber(value & 0xffff);
    else if (name === "bfloat16") data[i] = bfloatToNumber(value & 0xffff);
    else if (dtype === "bool") data[i] = value === 0 ? 0 : 1;
    else data[i] = dtype === "int32" ? saturated(value) : value;
  }
  return data;
}

function varintsOf(tensor: FileTensor, start: number, end: number): number[] {
  const { bytes } = tensor;
  // Each number takes at least one byte, so a claim that is longer than its bytes is refused first.
  const size = sizeOf(tensor.shape);
  if (size > end - start) throw malformed(tensor.pointer, `[${tensor.shape}] has too few numbers`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const limits = { ...onnxLimits, entriesMax: size + 1 };
  const counts = { nodes: 0, tensors: 0, graphs: 0, operands: 0 };
  const reading: Reading = { bytes, view, limits, path: [], frames: [], counts };
  return new FieldReader(reading, start, end).packedIntegers();
}

/** The file's fields of fixed width, which must fit the element type. */
const fieldOfType: Readonly<Record<number, number>> = { 1: 4, 11: 10 };

/** The tensor's numbers on the host; throws Failure("malformed_body") when they do not fit it. */
export function decodeTensor(tensor: FileTensor): Tensor {
  const { payload, shape } = tensor;
  const { dtype } = elementTypeOf(tensor);
  if (payload.form === "elements") {
    if (payload.field !== 9 && fieldOfType[tensor.type] !== payload.field) {
      throw malformed(tensor.pointer, "numbers stand in the field of another type");
    }
    const data = fromElements(tensor, tensor.bytes.subarray(payload.start, payload.end));
    return { dtype, shape, data };
  }
  const values =
    payload.form === "numbers" ? payload.values : varintsOf(tensor, payload.start, payload.end);
  return { dtype, shape, data: fromNumbers(tensor, values.length, (i) => values[i] ?? 0) };
}

/** Elements of a real tensor as little-endian bytes of the file's element type. */
export function encodeElements(tensor: FileTensor, values: TensorData): Uint8Array {
  const { bytes, write, name } = elementTypeOf(tensor);
  if (write === undefined) throw new Error(`${name} is not trained`);
  if (littleEndian && name === "float") {
    const own = values instanceof Float32Array ? values : Float32Array.from(values);
    return new Uint8Array(own.buffer, own.byteOffset, own.byteLength);
  }
  const encoded = new Uint8Array(values.length * bytes);
  const view = new DataView(encoded.buffer);
  for (let i = 0; i < values.length; i++) write(view, i * bytes, values[i] ?? 0);
  return encoded;
}
