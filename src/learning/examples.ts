/**
 * Training and test examples as programs see them: constants on the device, and batches gathered
 * from them by a scanned index. Which indices, batches.ts says.
 */
import assert from "node:assert/strict";
import type { Constant } from "#engine/backend.ts";
import { gather, input, reshape } from "#engine/graph/build.ts";
import { arraysOf, type Mode, type Network } from "#engine/network.ts";
import type { InputNode, Kind, Node } from "#engine/ops/operations.ts";
import { convert, type Shape, sizeOf, type Tensor } from "#engine/tensor.ts";
import { Failure } from "#src/failure.ts";

/** x [N, …input shape]; y int32 [N] (classes) or real [N, …] (targets). */
export interface Split {
  readonly x: Tensor;
  readonly y: Tensor;
}

export interface Examples {
  readonly train: Split;
  /** May hold no example; its scores are then NaN. */
  readonly test: Split;
  /** Number of classes, or null for real targets. */
  readonly classes: number | null;
}

/** N, the examples of a split. */
export function countOf({ x }: Split): number {
  return x.shape[0] ?? 0;
}

/** The first `count` examples of a split. */
export function firstOf(split: Split, count: number): Split {
  return { x: rows(split.x, count), y: rows(split.y, count) };
}

function rows(value: Tensor, count: number): Tensor {
  const shape = [count, ...value.shape.slice(1)];
  return { dtype: value.dtype, shape, data: value.data.subarray(0, sizeOf(shape)) };
}

/**
 * A split whose inputs have the network's kind and shape. Failure `incompatible` when an example
 * has another number of values than the network reads.
 */
export function fitted(split: Split, network: Network): Split {
  const { shape, kind } = network.input;
  const examples = countOf(split);
  const own = split.x.shape.slice(1);
  if (sizeOf(own) !== sizeOf(shape)) {
    const detail = `the network reads [${shape}] and the data set has examples of [${own}]`;
    throw new Failure("incompatible", detail);
  }
  const isInteger = split.x.dtype === "int32";
  if (kind === "integer" && !isInteger) {
    throw new Failure("incompatible", "the network reads integers and the data set has reals");
  }
  checkIds(split.x.data, network);
  const x = kind === "real" && isInteger ? convert(split.x, "float64") : split.x;
  return { x: { ...x, shape: [examples, ...shape] }, y: split.y };
}

/** Failure `incompatible` where ids leave the vocabulary that the network reads. */
export function checkIds(values: ArrayLike<number>, network: Network): void {
  const { vocabulary } = network.input;
  if (vocabulary === undefined) return;
  for (let at = 0; at < values.length; at += 1) {
    const id = values[at] ?? Number.NaN;
    if (Number.isInteger(id) && id >= 0 && id < vocabulary) continue;
    const detail = `the data hold the id ${id}, and the network reads 0 … ${vocabulary - 1}`;
    throw new Failure("incompatible", `${detail}; give its embedding a larger vocabulary`);
  }
}

function kindOf({ dtype }: Tensor): Kind {
  return dtype === "int32" ? "integer" : "real";
}

/** A batch inside a graph, and the inputs that it is gathered from. */
export interface BatchNodes {
  /** [B, …input shape]. */
  readonly x: Node;
  readonly y: Node;
  readonly constants: readonly Constant[];
  /** Scanned example indices [B]; null where the batch is all examples. */
  readonly index: InputNode | null;
}

/** Nodes for a batch of `size` examples of `split`; all of them, in order, when it is null. */
export function batchNodes(split: Split, size: number | null): BatchNodes {
  const x = input("examples/x", split.x.shape, kindOf(split.x));
  const y = input("examples/y", split.y.shape, kindOf(split.y));
  const constants = [
    { input: x, value: split.x },
    { input: y, value: split.y },
  ];
  if (size === null) return { x, y, constants, index: null };
  const index = input("index", [size], "integer");
  return { x: gather(x, index, 0), y: gather(y, index, 0), constants, index };
}

/** Input nodes for every array of a network, its state included, named `prefix/array`. */
export function parameterInputs(network: Network, prefix: string): Map<string, InputNode> {
  return new Map(
    arraysOf(network).map(({ name, shape }) => [name, input(`${prefix}/${name}`, shape)]),
  );
}

/** Outputs for a batch, flattened to [B, O]. */
export function outputsOf(
  network: Network,
  weights: ReadonlyMap<string, Node>,
  where: { readonly x: Node; readonly mode: Mode },
): Node {
  const f = network.apply(weights, where.x, where.mode);
  const examples = where.x.shape[0] ?? 0;
  return reshape(f, [examples, sizeOf(network.outputShape)]);
}

/** The value under a name that must be there. */
export function found<Value>(values: ReadonlyMap<string, Value>, name: string): Value {
  const value = values.get(name);
  assert(value !== undefined, `${name} is there`);
  return value;
}

/** Axis lengths of one example's targets, flattened: 1 for classes. */
export function columnsOf({ y }: Split): number {
  const shape: Shape = y.shape.slice(1);
  return sizeOf(shape);
}
