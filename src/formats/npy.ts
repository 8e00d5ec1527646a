/**
 * NumPy's `.npy`: one array, its header a Python literal. Versions 1, 2 and 3, either byte order,
 * either axis order. Objects, strings and records are refused.
 */
import { type Shape, sizeOf, type Tensor, type TensorData } from "#engine/tensor.ts";
import {
  countOf,
  decodeElements,
  type Element,
  elementBytes,
  encodeElements,
  hostType,
} from "./elements.ts";
import { FormatError, type FormatLimits, quoted } from "./format-error.ts";
import { type NpyHeader, parseNpyHeader } from "./npy-header.ts";

/** Longest header text that is read; NumPy itself refuses longer ones than this. */
const headerBytesMax = 10_000;
const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];

/**
 * The array of an npy file, row-major. `f2 f4` become float32, `f8` float64, integers int32, `b1`
 * bool. The values may share memory with `bytes`. Throws FormatError and nothing else.
 */
export function readNpy(bytes: Uint8Array, limits: FormatLimits, pointer = ""): Tensor {
  const place = { format: "npy", pointer };
  const { text, dataStart } = headerText(bytes, pointer);
  const header = parseNpyHeader(text, pointer);
  const { element, bigEndian } = elementOf(header, pointer);
  const count = countOf(header.shape, { element, bytesMax: limits.bytesMax }, place);
  const bytesNeeded = count * elementBytes[element];
  const bytesPresent = bytes.length - dataStart;
  if (bytesPresent !== bytesNeeded) {
    const what = bytesPresent < bytesNeeded ? "the file is cut short" : "more data follows";
    throw new FormatError(
      "npy",
      `the header promises ${bytesNeeded} bytes of values and ${bytesPresent} are there: ` +
        `${what}; save the array again with numpy.save`,
      pointer,
    );
  }
  const stored = { bytes: bytes.subarray(dataStart), element, bigEndian };
  const data = decodeElements(stored, place);
  return {
    dtype: hostType[element],
    shape: header.shape,
    data: header.fortranOrder ? rowMajor(data, header.shape) : data,
  };
}

/** An npy file (version 1, little-endian, row-major) holding `value`. */
export function writeNpy(value: Tensor): Uint8Array {
  const descr = { float32: "<f4", float64: "<f8", int32: "<i4", bool: "|b1" }[value.dtype];
  const axes = value.shape.length === 1 ? `${value.shape[0]},` : value.shape.join(", ");
  const literal = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${axes}), }`;
  // The values start at a multiple of 64 so that a reader may map them.
  const start = Math.ceil((10 + literal.length + 1) / 64) * 64;
  const values = encodeElements(value.data);
  const out = new Uint8Array(start + values.length);
  out.set(magic);
  out.set([1, 0, (start - 10) & 0xff, (start - 10) >> 8], 6);
  out.fill(0x20, 10, start - 1);
  out.set(Buffer.from(literal, "latin1"), 10);
  out[start - 1] = 0x0a;
  out.set(values, start);
  return out;
}

function headerText(bytes: Uint8Array, pointer: string): { text: string; dataStart: number } {
  const refuse = (message: string): never => {
    throw new FormatError("npy", message, pointer);
  };
  if (bytes.length < 10 || magic.some((byte, i) => bytes[i] !== byte)) {
    refuse("this is not an npy file: it does not begin with \\x93NUMPY; save it with numpy.save");
  }
  const version = bytes[6] as number;
  if (version < 1 || version > 3) {
    refuse(`npy version ${version} is not known; versions 1, 2 and 3 are`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const start = version === 1 ? 10 : 12;
  if (bytes.length < start) refuse("the file ends within its header; upload it again");
  const length = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (length > headerBytesMax) {
    refuse(`the header has ${length} bytes; at most ${headerBytesMax} are read`);
  }
  if (start + length > bytes.length) refuse("the file ends within its header; upload it again");
  const slice = bytes.subarray(start, start + length);
  const text = new TextDecoder(version === 3 ? "utf-8" : "latin1").decode(slice);
  return { text, dataStart: start + length };
}

const elements: ReadonlySet<string> = new Set(Object.keys(elementBytes));

function elementOf(header: NpyHeader, pointer: string): { element: Element; bigEndian: boolean } {
  const { descr } = header;
  const order = descr.slice(0, 1);
  const element = descr.slice(1) === "?" ? "b1" : descr.slice(1);
  if (element.startsWith("O") || element.startsWith("V")) {
    throw new FormatError(
      "npy",
      `dtype ${quoted(descr)} holds Python objects or records, which are never read; ` +
        "convert the array with .astype('float32') or .astype('int64')",
      pointer,
    );
  }
  const byteWide = element === "b1" || (elementBytes[element as Element] ?? 0) === 1;
  const known = elements.has(element) && element !== "bf16";
  if (!known || !(order === "<" || order === ">" || (order === "|" && byteWide))) {
    throw new FormatError(
      "npy",
      `dtype ${quoted(descr)} is not supported; use f2 f4 f8, i1 to i8, u1 to u8 or bool`,
      pointer,
    );
  }
  return { element: element as Element, bigEndian: order === ">" };
}

/** The transpose that turns column-major values into row-major ones of the same shape. */
function rowMajor(data: TensorData, shape: Shape): TensorData {
  if (shape.length < 2) return data;
  const out = data.slice();
  const strides: number[] = [];
  for (let axis = 0, stride = 1; axis < shape.length; axis++) {
    strides.push(stride);
    stride *= shape[axis] as number;
  }
  const index = new Int32Array(shape.length);
  const size = sizeOf(shape);
  for (let to = 0, from = 0; to < size; to++) {
    out[to] = data[from] as number;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const next = (index[axis] as number) + 1;
      from += strides[axis] as number;
      if (next < (shape[axis] as number)) {
        index[axis] = next;
        break;
      }
      from -= next * (strides[axis] as number);
      index[axis] = 0;
    }
  }
  return out;
}
