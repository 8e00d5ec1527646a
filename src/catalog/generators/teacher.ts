/** Labels from a random ReLU network: a problem that a network of its kind can represent. */
import type { RandomStream } from "#src/random.ts";
import {
  classified,
  drawnVectors,
  fillNormal,
  type Generated,
  problemStream,
  refuseOption,
  regressed,
} from "./examples.ts";
import type { Complete } from "./with-defaults.ts";

/** Examples on which the teacher's outputs are standardised. */
const calibrationCount = 1024;
/** Most multiply-adds that labelling one data set may take: a few seconds. */
const multiplyAddsMax = 5e9;

/**
 * x ~ N(0, I_d). The teacher has He-initialised layers without biases; each output is shifted and
 * scaled to mean 0 and variance 1 over fresh inputs, so that targets have a known scale and no
 * class is empty. Regression: y = outputs [N, targets]; classification: y = the largest output [N].
 */
export function teacher(spec: Complete<"teacher">): Generated {
  const outputs = spec.task === "regression" ? spec.targets : spec.classes;
  const weights = initial(spec, outputs);
  const cost = weights.reduce((sum, layer) => sum + layer.matrix.length, 0);
  if ((spec.train + spec.test) * cost > multiplyAddsMax) {
    refuseOption("hidden_units", "make this teacher too slow for so many examples; take fewer");
  }
  const evaluate = standardised(weights, spec);
  if (spec.task === "classification") {
    return classified(spec, { classes: outputs }, (count, random) =>
      drawnVectors(count, spec.dimension, (row) => {
        fillNormal(row, random);
        return indexOfLargest(evaluate(row));
      }),
    );
  }
  return regressed(spec, (count, random) => {
    const targets = new Float32Array(count * outputs);
    let i = 0;
    const { x } = drawnVectors(count, spec.dimension, (row) => {
      fillNormal(row, random);
      targets.set(evaluate(row), outputs * i++);
      return 0;
    });
    return { x, y: { dtype: "float32", shape: [count, outputs], data: targets } };
  });
}

/** One layer: a matrix [outputs, inputs], row-major. */
interface Layer {
  readonly inputs: number;
  readonly outputs: number;
  readonly matrix: Float64Array;
}

type Evaluate = (x: Float32Array) => Float64Array;

function initial(spec: Complete<"teacher">, outputs: number): Layer[] {
  const hidden = Array.from({ length: spec.hidden_layers }, () => spec.hidden_units);
  const widths = [spec.dimension, ...hidden, outputs];
  const random: RandomStream = problemStream(spec);
  return widths.slice(1).map((width, layer) => {
    const inputs = widths[layer] as number;
    const matrix = new Float64Array(width * inputs);
    const scale = Math.sqrt(2 / inputs);
    for (let k = 0; k < matrix.length; k++) matrix[k] = scale * random.normal();
    return { inputs, outputs: width, matrix };
  });
}

function outputsOf(layers: readonly Layer[], x: Float32Array): Float64Array {
  let values: Float32Array | Float64Array = x;
  layers.forEach(({ inputs, outputs, matrix }, depth) => {
    const next = new Float64Array(outputs);
    for (let o = 0; o < outputs; o++) {
      let sum = 0;
      for (let i = 0; i < inputs; i++) {
        sum += (matrix[o * inputs + i] as number) * (values[i] as number);
      }
      next[o] = depth < layers.length - 1 ? Math.max(0, sum) : sum;
    }
    values = next;
  });
  return Float64Array.from(values);
}

function standardised(layers: readonly Layer[], spec: Complete<"teacher">): Evaluate {
  const random = problemStream({ ...spec, type: "teacher calibration" });
  const x = new Float32Array(spec.dimension);
  const rows = Array.from({ length: calibrationCount }, () => {
    fillNormal(x, random);
    return outputsOf(layers, x);
  });
  const width = layers.at(-1)?.outputs ?? 0;
  const mean = new Float64Array(width);
  const deviation = new Float64Array(width);
  for (let o = 0; o < width; o++) {
    const column = rows.map((row) => row[o] as number);
    const average = column.reduce((sum, value) => sum + value, 0) / column.length;
    const variance = column.reduce((sum, value) => sum + (value - average) ** 2, 0) / column.length;
    mean[o] = average;
    // A teacher whose units are all dead is constant: its targets are then all zero.
    deviation[o] = Math.sqrt(variance) || 1;
  }
  return (row) =>
    outputsOf(layers, row).map(
      (value, o) => (value - (mean[o] as number)) / (deviation[o] as number),
    );
}

function indexOfLargest(values: Float64Array): number {
  let best = 0;
  for (let o = 1; o < values.length; o++) {
    if ((values[o] as number) > (values[best] as number)) best = o;
  }
  return best;
}
