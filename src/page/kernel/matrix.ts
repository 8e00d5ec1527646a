/** A kernel as a square matrix to look at: over examples or all outputs, ordered, compared. */
import type { Stored } from "./safetensors.ts";

export interface Matrix {
  readonly size: number;
  readonly data: Float64Array;
}

export interface Kernel {
  /** Mean over outputs of Θ[n, o, n', o]. */
  readonly examples: Matrix;
  /** Θ as one matrix of side N·O, when the run stores it. */
  readonly whole: Matrix | undefined;
  /** Class of each example, when the file says it. */
  readonly classes: readonly number[] | undefined;
}

function classesOf(metadata: Stored["metadata"], size: number): number[] | undefined {
  try {
    const classes: unknown = JSON.parse(metadata["classes"] ?? "null");
    const fits = Array.isArray(classes) && classes.length === size;
    return fits ? classes.map((value) => Number(value)) : undefined;
  } catch {
    return undefined;
  }
}

/** [N, O, N, O] → mean over equal outputs. */
function tracedFull(data: ArrayLike<number>, n: number, o: number): Matrix {
  const traced = new Float64Array(n * n);
  for (let i = 0; i < n; i += 1) {
    for (let j = 0; j < n; j += 1) {
      let sum = 0;
      for (let k = 0; k < o; k += 1) sum += data[((i * o + k) * n + j) * o + k] ?? 0;
      traced[i * n + j] = sum / o;
    }
  }
  return { size: n, data: traced };
}

/** [O, N, N] → mean over the outputs. */
function tracedBlocks(data: ArrayLike<number>, o: number, n: number): Matrix {
  const traced = new Float64Array(n * n);
  for (let at = 0; at < o * n * n; at += 1) {
    const cell = at % (n * n);
    traced[cell] = (traced[cell] ?? 0) + (data[at] ?? 0) / o;
  }
  return { size: n, data: traced };
}

/** The kernel of a stored file. Throws when it holds none. */
export function kernelOf({ tensors, metadata }: Stored): Kernel {
  const tensor = tensors.get("kernel");
  if (tensor === undefined) throw new Error("The file holds no kernel.");
  const { shape, data } = tensor;
  const [first = 0, second = 0] = shape;
  if (shape.length === 4) {
    const whole = { size: first * second, data: Float64Array.from(data) };
    const classes = classesOf(metadata, first);
    return { examples: tracedFull(data, first, second), whole, classes };
  }
  const examples =
    shape.length === 3
      ? tracedBlocks(data, first, second)
      : { size: first, data: Float64Array.from(data) };
  return { examples, whole: undefined, classes: classesOf(metadata, examples.size) };
}

/** K[i, j] / √(K[i, i] K[j, j]). */
export function cosineOf({ size, data }: Matrix): Matrix {
  const cosine = new Float64Array(data.length);
  for (let i = 0; i < size; i += 1) {
    for (let j = 0; j < size; j += 1) {
      const norm = Math.sqrt((data[i * size + i] ?? 0) * (data[j * size + j] ?? 0));
      cosine[i * size + j] = norm > 0 ? (data[i * size + j] ?? 0) / norm : 0;
    }
  }
  return { size, data: cosine };
}

export function minus(a: Matrix, b: Matrix): Matrix {
  return { size: a.size, data: a.data.map((value, at) => value - (b.data[at] ?? 0)) };
}

/** Rows and columns in another order. */
export function ordered({ size, data }: Matrix, order: readonly number[]): Matrix {
  const turned = new Float64Array(data.length);
  for (const [i, from] of order.entries()) {
    for (const [j, to] of order.entries()) turned[i * size + j] = data[from * size + to] ?? 0;
  }
  return { size, data: turned };
}

const identity = (size: number): number[] => Array.from({ length: size }, (_, i) => i);

export function byClass(classes: readonly number[]): number[] {
  return identity(classes.length).sort((a, b) => (classes[a] ?? 0) - (classes[b] ?? 0) || a - b);
}

const chainMax = 2048;

/** A walk from each example to the most similar one that is left, from the cosine. */
export function bySimilarity(kernel: Matrix): number[] {
  const { size, data } = cosineOf(kernel);
  if (size > chainMax) return identity(size);
  const left = new Set(identity(size));
  const order: number[] = [];
  let now = 0;
  while (left.size > 0) {
    left.delete(now);
    order.push(now);
    let best = -1;
    for (const other of left) {
      const closer = best < 0 || (data[now * size + other] ?? 0) > (data[now * size + best] ?? 0);
      if (closer) best = other;
    }
    now = best;
  }
  return order;
}

/** The order of examples, spread over their outputs. */
export function overOutputs(order: readonly number[], outputs: number): number[] {
  return order.flatMap((n) => Array.from({ length: outputs }, (_, o) => n * outputs + o));
}

/** Values that are looked at to find quantiles. */
const sampleMax = 40_000;

/** The values off the diagonal between which almost all of them lie: few shall not dim the rest. */
export function bulkOf({ size, data }: Matrix, share: number): readonly [number, number] {
  const stride = Math.max(1, Math.floor(data.length / sampleMax));
  const sample = data.filter((_, at) => at % (size + 1) !== 0 && at % stride === 0).sort();
  const at = (where: number): number => sample[Math.round(where * (sample.length - 1))] ?? 0;
  return sample.length === 0 ? extentOf({ size, data }) : [at(1 - share), at(share)];
}

export function extentOf({ data }: Matrix): readonly [number, number] {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of data) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
}
