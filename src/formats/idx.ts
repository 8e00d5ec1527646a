/** The idx files of MNIST and its relatives, plain or gzipped: one array, big-endian. */
import { gunzipSync } from "node:zlib";
import type { Tensor } from "#engine/tensor.ts";
import { countOf, decodeElements, type Element, elementBytes, hostType } from "./elements.ts";
import { FormatError, type FormatLimits } from "./format-error.ts";

const elementOfCode: ReadonlyMap<number, Element> = new Map([
  [0x08, "u1"],
  [0x09, "i1"],
  [0x0b, "i2"],
  [0x0c, "i4"],
  [0x0d, "f4"],
  [0x0e, "f8"],
]);

/** An idx header has at most 255 axes of four bytes. */
const headerRoom = 4 + 4 * 255;

/**
 * The array of an idx file; bytes and integers become int32. A gzipped file is inflated within the
 * limit. Throws FormatError and nothing else, at `pointer`.
 */
export function readIdx(bytes: Uint8Array, limits: FormatLimits, pointer = ""): Tensor {
  const place = { format: "idx", pointer };
  const refuse = (message: string): never => {
    throw new FormatError("idx", message, pointer);
  };
  const plain = bytes[0] === 0x1f && bytes[1] === 0x8b ? inflated(bytes, limits, pointer) : bytes;
  const element = elementOfCode.get(plain[2] ?? -1);
  if (plain.length < 4 || plain[0] !== 0 || plain[1] !== 0 || element === undefined) {
    return refuse("this is not an idx file: it must begin with 0 0, an element code and the rank");
  }
  const rank = plain[3] as number;
  const dataStart = 4 + 4 * rank;
  if (plain.length < dataStart) return refuse("the file ends within its header; upload it again");
  const view = new DataView(plain.buffer, plain.byteOffset, plain.length);
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
  const count = countOf(shape, { element, bytesMax: limits.bytesMax }, place);
  const needed = count * elementBytes[element];
  const present = plain.length - dataStart;
  if (present !== needed) {
    return refuse(
      `the header promises ${needed} bytes of values and ${present} are there; ` +
        "upload the whole file and nothing after it",
    );
  }
  const stored = { bytes: plain.subarray(dataStart), element, bigEndian: true };
  return { dtype: hostType[element], shape, data: decodeElements(stored, place) };
}

function inflated(bytes: Uint8Array, limits: FormatLimits, pointer: string): Uint8Array {
  try {
    return gunzipSync(bytes, { maxOutputLength: limits.bytesMax + headerRoom });
  } catch {
    throw new FormatError(
      "idx",
      `the gzip data are damaged or hold more than ${limits.bytesMax} bytes; ` +
        "upload the file again, or fewer examples",
      pointer,
    );
  }
}
