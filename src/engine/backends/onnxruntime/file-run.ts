/**
 * A whole ONNX file as ONNX Runtime itself understands it, which says whether an import means the
 * same. For a process that may be lost: files come from strangers.
 */
import { InferenceSession, Tensor as NativeTensor } from "onnxruntime-node";
import { halfToNumber, numberToHalf } from "#engine/onnx/elements.ts";
import type { Shape, Tensor, TensorData } from "#engine/tensor.ts";

/** A value for an input of the file, in one of the element types that inputs have. */
export interface FileFeed {
  readonly type: "float16" | "float32" | "float64" | "int32" | "int64";
  readonly shape: Shape;
  readonly values: TensorData;
}

/** Several calls of one file. */
export interface FileRun {
  /** The file. Nothing else may lie in its folder: data outside of a file is looked for there. */
  readonly path: string;
  readonly output: string;
  readonly threads: number;
  readonly calls: readonly Readonly<Record<string, FileFeed>>[];
}

export type RunFile = (run: FileRun) => Promise<readonly Tensor[]>;

const arrays = {
  float16: (values: TensorData) => Uint16Array.from(values, numberToHalf),
  float32: (values: TensorData) => Float32Array.from(values),
  float64: (values: TensorData) => Float64Array.from(values),
  int32: (values: TensorData) => Int32Array.from(values),
  int64: (values: TensorData) => BigInt64Array.from(values, (value) => BigInt(Math.trunc(value))),
} as const;

function native({ type, shape, values }: FileFeed): NativeTensor {
  return new NativeTensor(type, arrays[type](values), shape);
}

function valuesOf({ type, data }: NativeTensor): Float64Array {
  if (data instanceof Uint16Array && type === "float16") {
    return Float64Array.from(data, halfToNumber);
  }
  return Float64Array.from(data as ArrayLike<number | bigint>, Number);
}

/** The output for each call, in float64. Throws what ONNX Runtime says of a file it refuses. */
export const runFile: RunFile = async ({ path, output, threads, calls }) => {
  const session = await InferenceSession.create(path, {
    executionProviders: ["cpu"],
    graphOptimizationLevel: "disabled",
    executionMode: "sequential",
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    logSeverityLevel: 4,
  });
  try {
    const results: Tensor[] = [];
    for (const call of calls) {
      const feeds = Object.fromEntries(
        Object.entries(call).map(([name, feed]) => [name, native(feed)]),
      );
      const found = (await session.run(feeds, [output]))[output];
      if (found === undefined) throw new Error(`there is no output "${output}"`);
      results.push({ dtype: "float64", shape: [...found.dims], data: valuesOf(found) });
    }
    return results;
  } finally {
    await session.release();
  }
};
