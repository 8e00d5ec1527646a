/**
 * What all generators share: one stream per part of the data set, and wrong labels for training.
 * Streams are separate, so more training examples change neither the problem nor the test data.
 */

import type { Arrays } from "#catalog/dataset.ts";
import type { Tensor } from "#engine/tensor.ts";
import { FormatError } from "#formats/format-error.ts";
import { type RandomStream, stream } from "#src/random.ts";

/** What a generator returns: arrays not yet checked, and what it knows of the classes. */
export interface Generated {
  readonly arrays: Arrays;
  readonly classes?: number;
  readonly classNames?: readonly string[];
}

/** The options that every generator has. */
export interface CommonSpec {
  readonly type: string;
  readonly train: number;
  readonly test: number;
  readonly seed: number;
  readonly label_noise: number;
}

/** Draws `count` examples without label noise: x [count, …], y [count] or [count, targets]. */
export type Sampler = (count: number, random: RandomStream) => { x: Tensor; y: Tensor };

/** The stream from which a generator draws its hidden problem: planes, centres, weights. */
export function problemStream(spec: CommonSpec): RandomStream {
  return stream(spec.seed, spec.type, "problem");
}

/** A classification data set; `label_noise` is the fraction of training labels made wrong. */
export function classified(
  spec: CommonSpec,
  known: { readonly classes: number; readonly classNames?: readonly string[] },
  sample: Sampler,
): Generated {
  const { train, test } = bothSides(spec, sample);
  const data = Int32Array.from(train.y.data);
  const random = stream(spec.seed, spec.type, "label noise");
  const wrong = Math.round(spec.label_noise * data.length);
  for (const i of random.permutation(data.length).subarray(0, wrong)) {
    // One of the other classes: a label that happens to stay right would make the fraction a lie.
    data[i] = ((data[i] as number) + 1 + random.integer(known.classes - 1)) % known.classes;
  }
  return { arrays: arraysOf({ ...train, y: { ...train.y, data } }, test), ...known };
}

/** A regression data set; `label_noise` is the deviation of noise added to training targets. */
export function regressed(spec: CommonSpec, sample: Sampler): Generated {
  const { train, test } = bothSides(spec, sample);
  const data = Float32Array.from(train.y.data);
  const random = stream(spec.seed, spec.type, "label noise");
  if (spec.label_noise > 0) {
    for (let i = 0; i < data.length; i++) {
      data[i] = (data[i] as number) + spec.label_noise * random.normal();
    }
  }
  return { arrays: arraysOf({ ...train, y: { ...train.y, data } }, test) };
}

/** float32 inputs [count, width] and their class indices, drawn row by row. */
export function drawnVectors(
  count: number,
  width: number,
  draw: (row: Float32Array) => number,
): { x: Tensor; y: Tensor } {
  const x = new Float32Array(count * width);
  const y = new Int32Array(count);
  for (let i = 0; i < count; i++) y[i] = draw(x.subarray(i * width, (i + 1) * width));
  return {
    x: { dtype: "float32", shape: [count, width], data: x },
    y: { dtype: "int32", shape: [count], data: y },
  };
}

/** Integer labels as float32 targets [count, 1]. */
export function asTargets(y: Tensor): Tensor {
  return { dtype: "float32", shape: [y.data.length, 1], data: Float32Array.from(y.data) };
}

/** A vector of independent standard normals. */
export function fillNormal(row: Float32Array | Float64Array, random: RandomStream): void {
  for (let j = 0; j < row.length; j++) row[j] = random.normal();
}

/** The refusal of one option of a generator. */
export function refuseOption(option: string, message: string): never {
  throw new FormatError("generator", `${option} ${message}`, `/${option}`);
}

interface Side {
  readonly x: Tensor;
  readonly y: Tensor;
}

function bothSides(spec: CommonSpec, sample: Sampler): { train: Side; test: Side } {
  return {
    train: sample(spec.train, stream(spec.seed, spec.type, "train")),
    test: sample(spec.test, stream(spec.seed, spec.type, "test")),
  };
}

function arraysOf(train: Side, test: Side): Arrays {
  return { x_train: train.x, y_train: train.y, x_test: test.x, y_test: test.y };
}
