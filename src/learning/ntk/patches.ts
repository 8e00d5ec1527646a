/** Patches of a convolution's input, as rows that a product with the kernel's matrix reads. */
import { constant, gather, pad, reshape } from "#engine/graph/build.ts";
import type { Node, Window } from "#engine/ops/operations.ts";
import { type Shape, sizeOf, tensor } from "#engine/tensor.ts";

/** im2col: x [N, ...in, C] → [N, D, K·C], D output positions, K kernel cells in row-major order. */
export function patches(
  x: Node,
  window: Window,
  { kernel, out }: { readonly kernel: Shape; readonly out: Shape },
): Node {
  const [batch = 0] = x.shape;
  const channels = x.shape.at(-1) ?? 0;
  const low = window.padding.map(([before]) => before);
  const high = window.padding.map(([, after]) => after);
  const padded = pad(x, { low: [0, ...low, 0], high: [0, ...high, 0] });
  const inner = padded.shape.slice(1, -1);
  const cells = sizeOf(inner);
  const index: number[] = [];
  for (let d = 0; d < sizeOf(out); d += 1) {
    for (let k = 0; k < sizeOf(kernel); k += 1) {
      index.push(cellOf(d, k, { out, kernel, inner, window }));
    }
  }
  const rows = gather(
    reshape(padded, [batch, cells, channels]),
    constant(tensor("int32", [index.length], index)),
    1,
  );
  return reshape(rows, [batch, sizeOf(out), sizeOf(kernel) * channels]);
}

/** Flat padded input cell that kernel cell k reads for output position d. */
function cellOf(
  d: number,
  k: number,
  sizes: { out: Shape; kernel: Shape; inner: Shape; window: Window },
): number {
  const { out, kernel, inner, window } = sizes;
  let position = d;
  let cell = k;
  let flat = 0;
  let stride = 1;
  for (let axis = inner.length - 1; axis >= 0; axis -= 1) {
    const outLength = out[axis] ?? 1;
    const kernelLength = kernel[axis] ?? 1;
    const at =
      (position % outLength) * (window.strides[axis] ?? 1) +
      (cell % kernelLength) * (window.dilations[axis] ?? 1);
    flat += at * stride;
    stride *= inner[axis] ?? 1;
    position = Math.floor(position / outLength);
    cell = Math.floor(cell / kernelLength);
  }
  return flat;
}
