/** A stored kernel in other encodings: npy, a PNG heat map, a stream's tensor frame. */
import type { Tensor } from "#engine/tensor.ts";
import { writeNpy } from "#formats/npy.ts";
import { heatMap } from "#formats/png.ts";
import { readSafetensors, writeSafetensors } from "#formats/safetensors.ts";
import { Failure } from "#src/failure.ts";

/** Larger kernels are only served as they are stored: re-encoding takes the server's time. */
const recodedBytesMax = 64 * 1024 * 1024;

/** Longest side of an image in pixels; larger matrices are averaged down to it. */
const imagePixelsMax = 1024;

/** Small matrices get cells of several pixels, up to this side. */
const imagePixelsWanted = 512;

const tensorName = "kernel";

/** Failure `not_acceptable` for a file that is served as it is stored only. */
export function checkRecoded(bytes: number): void {
  if (bytes <= recodedBytesMax) return;
  const text = `This kernel has ${bytes} bytes: it is served as application/vnd.safetensors only.`;
  throw new Failure("not_acceptable", text);
}

function kernelOf(file: Uint8Array): Tensor {
  checkRecoded(file.byteLength);
  const kernel = readSafetensors(file, { bytesMax: recodedBytesMax }).tensors.get(tensorName);
  if (kernel === undefined) throw new Failure("storage_corrupt", "The file holds no kernel.");
  return kernel;
}

/** The kernel as an npy file. */
export function kernelNpy(file: Uint8Array): Uint8Array {
  return writeNpy(kernelOf(file));
}

/** [N, O, N, O] → [N·O, N·O]; [O, N, N] → the blocks below each other; a matrix as it is. */
function asMatrix({ dtype, shape, data }: Tensor): Tensor {
  const [first = 1, second = 1, third = 1] = shape;
  if (shape.length === 4) return { dtype, shape: [first * second, first * second], data };
  if (shape.length === 3) return { dtype, shape: [first * second, third], data };
  return { dtype, shape, data };
}

/** Means over blocks, so that no side is longer than `imagePixelsMax`. */
function shrink(matrix: Tensor): Tensor {
  const [rows = 0, columns = 0] = matrix.shape;
  const block = Math.ceil(Math.max(rows, columns) / imagePixelsMax);
  if (block <= 1) return matrix;
  const height = Math.ceil(rows / block);
  const width = Math.ceil(columns / block);
  const sums = new Float64Array(height * width);
  const counts = new Float64Array(height * width);
  for (let i = 0; i < rows; i += 1) {
    for (let j = 0; j < columns; j += 1) {
      const at = Math.floor(i / block) * width + Math.floor(j / block);
      sums[at] = (sums[at] ?? 0) + (matrix.data[i * columns + j] ?? 0);
      counts[at] = (counts[at] ?? 0) + 1;
    }
  }
  return {
    dtype: "float64",
    shape: [height, width],
    data: sums.map((sum, at) => sum / (counts[at] ?? 1)),
  };
}

/** The kernel as a heat map. */
export function kernelPng(file: Uint8Array): Uint8Array {
  const matrix = shrink(asMatrix(kernelOf(file)));
  const side = Math.max(...matrix.shape, 1);
  return heatMap(matrix, { cellPixels: Math.max(1, Math.floor(imagePixelsWanted / side)) });
}

/** The kernel as a safetensors file that says where in which log it belongs. */
export function kernelFrame(file: Uint8Array, labels: Readonly<Record<string, string>>) {
  return writeSafetensors(new Map([[tensorName, kernelOf(file)]]), labels);
}
