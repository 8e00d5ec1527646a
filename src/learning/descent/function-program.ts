/**
 * A step in function space: the loss at f_s plus what has moved, and its gradient g in outputs, on
 * coefficients of the rows of the Jacobian; BBᵀ is the tangent kernel Θ.
 */
import assert from "node:assert/strict";
import { gradient } from "#engine/autodiff/backward.ts";
import type { Program } from "#engine/backend.ts";
import {
  add,
  gather,
  input,
  matmul,
  multiply,
  reshape,
  scatterAdd,
  sum,
} from "#engine/graph/build.ts";
import type { Node } from "#engine/ops/operations.ts";
import { sizeOf, tensor } from "#engine/tensor.ts";
import { batchNodes, countOf } from "#learning/examples.ts";
import { accuracyOf, lossOf } from "#learning/loss.ts";
import { dualPieces, placeNames } from "./dual-steps.ts";
import type { Task } from "./step.ts";
import type { Stepping } from "./step-mover.ts";

interface Slope {
  readonly loss: Node;
  readonly accuracy: Node | null;
  /** g spread over all examples, [N · O]. */
  readonly cotangent: Node;
  /** Θg, [N · O]. */
  readonly image: Node;
  /** gᵀΘg = ‖∇θ‖². */
  readonly squaredNorm: Node;
}

/** Loss and gradient on the batch, or on everything. */
function slopeOf(
  { loss, batchSize }: Task,
  { kernel, f, y, index }: { kernel: Node; f: Node; y: Node; index: Node | null },
): Slope {
  const [examples = 0, outputs = 0] = f.shape;
  const size = examples * outputs;
  const seen = index === null ? f : gather(f, index, 0);
  const lossNode = lossOf(loss, seen, y);
  const [g] = gradient(lossNode, [seen]);
  const cotangent = g as Node;
  const rows = (batchSize ?? examples) * outputs;
  const block = reshape(index === null ? kernel : gather(kernel, index, 0), [rows, size]);
  const image = reshape(matmul(reshape(cotangent, [1, rows]), block), [size]);
  const own = index === null ? image : gather(reshape(image, [examples, outputs]), index, 0);
  const spread =
    index === null ? cotangent : scatterAdd(cotangent, index, { axis: 0, size: examples });
  return {
    loss: lossNode,
    accuracy: accuracyOf(loss, seen, y),
    cotangent: reshape(spread, [size]),
    image,
    squaredNorm: sum(multiply(reshape(cotangent, [rows]), reshape(own, [rows]))),
  };
}

/** `extras`: whether θ_s, v₀ and d₀ are among the directions. */
export function functionSpaceProgram(task: Task, extras: boolean): Program {
  const { network, train, batchSize } = task;
  const examples = countOf(train);
  const size = examples * sizeOf(network.outputShape);
  // Θ as [N, O · N · O]: row n holds the rows of its outputs.
  const kernel = input("kernel", [examples, (size / examples) * size]);
  const outputs = input("outputs", [size]);
  const batch = batchNodes(train, batchSize);
  const moved = input(placeNames("").moved, [size]);
  const f = reshape(add(outputs, moved), [examples, size / examples]);
  const slope = slopeOf(task, { kernel, f, y: batch.y, index: batch.index });
  const { loss, accuracy, squaredNorm, cotangent, image } = slope;
  const places = [{ suffix: "", moved, cotangent, image }];
  const pieces = dualPieces(task, { places, extras, loss, accuracy, squaredNorm });
  return {
    ...pieces,
    name: "function space",
    constants: batch.constants.filter(({ input: node }) => node.attributes.name === "examples/y"),
    invariants: [kernel, outputs, ...pieces.invariants],
    scanned: [...(batch.index === null ? [] : [batch.index]), ...pieces.scanned],
  };
}

/** Steps that read the whole kernel. */
export function functionSpaceStepping(task: Task): Stepping {
  const size = countOf(task.train) * sizeOf(task.network.outputShape);
  return {
    kind: "coefficients",
    places: [{ suffix: "", shape: [size] }],
    program: (extras) => functionSpaceProgram(task, extras),
    async fixed({ kernel, outputs }) {
      assert(kernel !== null, "steps in function space read the kernel");
      const [examples = 1] = kernel.shape;
      return {
        kernel: { ...kernel, shape: [examples, (size / examples) * size] },
        outputs: tensor("float64", [size], outputs),
      };
    },
    async [Symbol.asyncDispose]() {},
  };
}
