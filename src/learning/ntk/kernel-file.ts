/**
 * A kernel as a file that is never whole in memory: written strip by strip, and read again, row by
 * row, for its largest eigenvalues. Computes no strip.
 */
import { bytesOf, type DType, sizeOf, type TensorData } from "#engine/tensor.ts";
import { decodeElements, encodeElements } from "#formats/elements.ts";
import { safetensorsHeader } from "#formats/safetensors.ts";
import { Failure } from "#src/failure.ts";
import type { Artifacts, Digest, Stored } from "#storage/artifacts.ts";
import { dot, largestOf } from "./largest.ts";
import type { KernelStrip } from "./strips.ts";

/** What the file says of itself. */
export interface KernelHead {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly metadata: Readonly<Record<string, string>>;
}

const tensorName = "kernel";

/** Stores the strips as one safetensors file; each is shown to `seen` on its way. */
export async function storeStrips(
  artifacts: Artifacts,
  head: KernelHead,
  strips: {
    readonly all: AsyncIterable<KernelStrip>;
    readonly seen: (strip: KernelStrip) => void;
    readonly bytesMax: number;
  },
): Promise<Stored> {
  async function* bytes(): AsyncGenerator<Uint8Array> {
    yield headerOf(head);
    for await (const strip of strips.all) {
      strips.seen(strip);
      // A copy, since the store may keep pieces while the next strip is written over this one.
      yield encodeElements(strip.rows.data).slice();
    }
  }
  return await artifacts.put(bytes(), { bytesMax: strips.bytesMax });
}

const headerOf = ({ dtype, shape, metadata }: KernelHead): Uint8Array =>
  safetensorsHeader([[tensorName, { dtype, shape }]], metadata);

/**
 * The largest eigenvalues of the n × n matrix in a file that `storeStrips` wrote: every product
 * reads the file once. Failure `storage_corrupt` when it is cut off.
 */
export async function eigenvaluesInFile(
  artifacts: Artifacts,
  file: KernelHead & { readonly digest: Digest },
  count: number,
): Promise<readonly number[]> {
  const size = Math.sqrt(sizeOf(file.shape));
  const precision = file.dtype === "float64" ? file.dtype : "float32";
  const product = async (v: Float64Array): Promise<Float64Array> => {
    const result = new Float64Array(size);
    let at = 0;
    for await (const row of rowsInFile(artifacts, file, 1)) {
      result[at] = dot(row, v);
      at += 1;
    }
    return result;
  };
  return await largestOf({ size, precision, product }, count);
}

/**
 * Rows of the matrix [N·O, N'·O], so many at a time, each time valid until the next. Failure
 * `storage_corrupt` when the file is cut off.
 */
export async function* rowsInFile(
  artifacts: Artifacts,
  { digest, ...head }: KernelHead & { readonly digest: Digest },
  rows: number,
): AsyncGenerator<TensorData> {
  const start = headerOf(head).byteLength;
  const allBytes = sizeOf(head.shape) * bytesOf[head.dtype];
  const bytes = new Uint8Array(rows * sizeOf(head.shape.slice(2)) * bytesOf[head.dtype]);
  const stored = {
    bytes,
    element: head.dtype === "float64" ? "f8" : "f4",
    bigEndian: false,
  } as const;
  let [filled, read] = [0, 0];
  for await (const piece of artifacts.stream(digest, { start, end: start + allBytes - 1 })) {
    let at = 0;
    while (at < piece.byteLength) {
      const taken = Math.min(bytes.byteLength - filled, piece.byteLength - at);
      bytes.set(piece.subarray(at, at + taken), filled);
      at += taken;
      filled += taken;
      if (filled < bytes.byteLength) continue;
      yield decodeElements(stored, { format: "safetensors", pointer: `/${tensorName}` });
      filled = 0;
    }
    read += piece.byteLength;
  }
  if (read !== allBytes) throw new Failure("storage_corrupt", "The kernel's file is cut off.");
}
