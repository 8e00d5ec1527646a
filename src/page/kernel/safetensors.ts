/** Reads the safetensors files in which kernels come: a JSON header, then the numbers. */

export interface StoredTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array | Float64Array | Int32Array;
}

export interface Stored {
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

interface Entry {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [number, number];
}

const headerBytesMax = 4 * 1024 * 1024;
const lengthBytes = 8;

function numbersOf(file: ArrayBuffer, dtype: string): StoredTensor["data"] {
  if (dtype === "F32") return new Float32Array(file);
  if (dtype === "F64") return new Float64Array(file);
  if (dtype === "I32") return new Int32Array(file);
  throw new Error(`Numbers of type ${dtype} are not read here.`);
}

/** Throws when the file is not what it should be. */
export function readSafetensors(file: ArrayBuffer): Stored {
  const headerBytes = Number(new DataView(file).getBigUint64(0, true));
  if (headerBytes > headerBytesMax || headerBytes + lengthBytes > file.byteLength) {
    throw new Error("This is not a safetensors file.");
  }
  const text = new TextDecoder().decode(new Uint8Array(file, lengthBytes, headerBytes));
  const header = JSON.parse(text) as Record<string, Entry & Record<string, string>>;
  const start = lengthBytes + headerBytes;
  const tensors = new Map<string, StoredTensor>();
  for (const [name, entry] of Object.entries(header)) {
    if (name === "__metadata__") continue;
    const [from, to] = entry.data_offsets;
    // A copy: views need an alignment that the file may not have.
    const data = numbersOf(file.slice(start + from, start + to), entry.dtype);
    tensors.set(name, { shape: entry.shape, data });
  }
  return { tensors, metadata: header["__metadata__"] ?? {} };
}
