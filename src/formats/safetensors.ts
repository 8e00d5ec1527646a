/**
 * safetensors: a JSON header, then the values of every tensor without holes. Reading gives views
 * where alignment allows; writing is deterministic, so equal tensors have equal bytes.
 */
import { bytesOf, type DType, sizeOf, type Tensor } from "#engine/tensor.ts";
import {
  countOf,
  decodeElements,
  type Element,
  elementBytes,
  encodeElements,
  hostType,
} from "./elements.ts";
import {
  arraysMaxDefault,
  FormatError,
  type FormatLimits,
  pointerTo,
  quoted,
} from "./format-error.ts";
import { repeatedKey } from "./repeated-key.ts";

/** What a safetensors file holds. */
export interface Safetensors {
  readonly tensors: Map<string, Tensor>;
  /** The `__metadata__` object: free strings. */
  readonly metadata: Readonly<Record<string, string>>;
}

const headerBytesMax = 4 * 1024 * 1024;
const metadataKey = "__metadata__";

const elementOfName: ReadonlyMap<string, Element> = new Map([
  ["F64", "f8"],
  ["F32", "f4"],
  ["F16", "f2"],
  ["BF16", "bf16"],
  ["I64", "i8"],
  ["I32", "i4"],
  ["U8", "u1"],
  ["BOOL", "b1"],
]);

const nameOfType: Readonly<Record<DType, string>> = {
  float64: "F64",
  float32: "F32",
  int32: "I32",
  bool: "BOOL",
};

/**
 * The tensors of a safetensors file, in header order. Values may share memory with `bytes`.
 * Throws FormatError and nothing else; `pointer` names the tensor at fault.
 */
export function readSafetensors(bytes: Uint8Array, limits: FormatLimits): Safetensors {
  const { header, dataStart } = readHeader(bytes);
  const arraysMax = limits.arraysMax ?? arraysMaxDefault;
  const entries: Declared[] = [];
  let metadata: Record<string, string> = {};
  let bytesLeft = limits.bytesMax;
  for (const [name, value] of Object.entries(header)) {
    if (name === metadataKey) {
      metadata = metadataOf(value);
      continue;
    }
    if (entries.length === arraysMax) {
      throw new FormatError("safetensors", `the file has more than ${arraysMax} tensors`);
    }
    const entry = declared(name, value, bytesLeft);
    bytesLeft -=
      ((entry.end - entry.start) / elementBytes[entry.element]) * bytesOf[hostType[entry.element]];
    entries.push(entry);
  }
  refuseHoles(entries, bytes.length - dataStart);
  const tensors = new Map<string, Tensor>();
  for (const { name, element, shape, start, end } of entries) {
    const stored = {
      bytes: bytes.subarray(dataStart + start, dataStart + end),
      element,
      bigEndian: false,
    };
    const place = { format: "safetensors", pointer: pointerTo(name) };
    tensors.set(name, { dtype: hostType[element], shape, data: decodeElements(stored, place) });
  }
  return { tensors, metadata };
}

/** What a header says of a tensor. */
type Described = Pick<Tensor, "dtype" | "shape">;

/**
 * A safetensors file. Tensors lie widest element first, then by name, so that every one is aligned;
 * the order of the map does not matter.
 */
export function writeSafetensors(
  tensors: ReadonlyMap<string, Tensor>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const ordered = [...tensors].sort(
    ([nameA, a], [nameB, b]) => bytesOf[b.dtype] - bytesOf[a.dtype] || (nameA < nameB ? -1 : 1),
  );
  const header = safetensorsHeader(ordered, metadata);
  const bytes = ordered.reduce((sum, [, { data }]) => sum + data.byteLength, header.byteLength);
  const out = new Uint8Array(bytes);
  out.set(header);
  let at = header.byteLength;
  for (const [, { data }] of ordered) {
    out.set(encodeElements(data), at);
    at += data.byteLength;
  }
  return out;
}

/** All that comes before the values, which follow in the order given: for streamed files. */
export function safetensorsHeader(
  tensors: readonly (readonly [name: string, described: Described])[],
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const fields: [string, unknown][] = [];
  const labels = Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : 1));
  if (labels.length > 0) fields.push([metadataKey, Object.fromEntries(labels)]);
  let offset = 0;
  for (const [name, { dtype, shape }] of tensors) {
    const end = offset + sizeOf(shape) * bytesOf[dtype];
    fields.push([name, { dtype: nameOfType[dtype], shape, data_offsets: [offset, end] }]);
    offset = end;
  }
  // Written field by field: an object would put names that look like integers first.
  const text = `{${fields
    .map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`)
    .join(",")}}`;
  const header = Buffer.from(text, "utf8");
  const bytes = new Uint8Array(Math.ceil((8 + header.length) / 8) * 8).fill(0x20);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(bytes.length - 8), true);
  bytes.set(header, 8);
  return bytes;
}

function readHeader(bytes: Uint8Array): { header: Record<string, unknown>; dataStart: number } {
  const refuse = (message: string): never => {
    throw new FormatError("safetensors", message);
  };
  if (bytes.length < 8) return refuse("the file is shorter than its eight-byte header length");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const length = view.getUint32(4, true) * 2 ** 32 + view.getUint32(0, true);
  if (length > headerBytesMax) {
    return refuse(`the header has ${length} bytes; at most ${headerBytesMax} are read`);
  }
  if (8 + length > bytes.length) return refuse("the file ends within its header; upload it again");
  let text = "";
  let header: unknown;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(
      bytes.subarray(8, 8 + length),
    );
    header = JSON.parse(text);
  } catch {
    return refuse("the header is not JSON in UTF-8; write the file with a safetensors library");
  }
  if (!isObject(header) || !text.startsWith("{")) {
    return refuse("the header must be a JSON object, beginning with '{'");
  }
  const repeated = repeatedKey(text);
  if (repeated !== undefined) return refuse(`the header has the key ${quoted(repeated)} twice`);
  return { header, dataStart: 8 + length };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function metadataOf(value: unknown): Record<string, string> {
  if (!isObject(value) || !Object.values(value).every((text) => typeof text === "string")) {
    const message = "__metadata__ must be an object of strings";
    throw new FormatError("safetensors", message, pointerTo(metadataKey));
  }
  return value as Record<string, string>;
}

/** One tensor as the header declares it; offsets count from the start of the values. */
interface Declared {
  readonly name: string;
  readonly element: Element;
  readonly shape: readonly number[];
  readonly start: number;
  readonly end: number;
}

function declared(name: string, value: unknown, bytesMax: number): Declared {
  const place = { format: "safetensors", pointer: pointerTo(name) };
  const refuse = (message: string): never => {
    throw new FormatError(place.format, message, place.pointer);
  };
  if (!isObject(value) || Object.keys(value).length !== 3) {
    return refuse("a tensor must have exactly dtype, shape and data_offsets");
  }
  const { dtype, shape, data_offsets: offsets } = value;
  const element = typeof dtype === "string" ? elementOfName.get(dtype) : undefined;
  if (element === undefined) {
    const known = [...elementOfName.keys()].join(", ");
    return refuse(`dtype ${quoted(String(JSON.stringify(dtype)))} is not supported; use ${known}`);
  }
  if (!isIntegers(shape)) return refuse("shape must be a list of axis lengths");
  if (!isIntegers(offsets) || offsets.length !== 2) {
    return refuse("data_offsets must be two byte offsets");
  }
  const [start, end] = offsets as [number, number];
  const count = countOf(shape, { element, bytesMax }, place);
  if (end - start !== count * elementBytes[element]) {
    return refuse(
      `data_offsets span ${end - start} bytes; the shape needs ${count * elementBytes[element]}`,
    );
  }
  return { name, element, shape, start, end };
}

function isIntegers(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0);
}

/** Values must tile the rest of the file: no hole to hide bytes in, no tensor on another. */
function refuseHoles(entries: readonly Declared[], bytesPresent: number): void {
  const ordered = [...entries].sort((a, b) => a.start - b.start || a.end - b.end);
  let end = 0;
  for (const entry of ordered) {
    if (entry.start !== end) {
      const what = entry.start < end ? "overlaps the tensor before it" : "leaves a hole before it";
      throw new FormatError("safetensors", `the tensor ${what}`, pointerTo(entry.name));
    }
    end = entry.end;
  }
  if (end !== bytesPresent) {
    throw new FormatError(
      "safetensors",
      `the tensors take ${end} bytes and ${bytesPresent} are there; upload the whole file`,
    );
  }
}
