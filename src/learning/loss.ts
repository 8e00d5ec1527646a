/**
 * Losses and accuracy as graphs over flattened outputs f [B, O], per example and as means over the
 * batch. Gradients come from differentiation; none is written here.
 */
import assert from "node:assert/strict";
import {
  add,
  argMax,
  cast,
  constant,
  equal,
  exp,
  greater,
  literal,
  log,
  max,
  multiply,
  reshape,
  scale,
  softplus,
  stopGradient,
  subtract,
  sum,
} from "#engine/graph/build.ts";
import type { Node } from "#engine/ops/operations.ts";
import { tensor } from "#engine/tensor.ts";
import type { Loss } from "#schemas/algorithm.ts";
import { Failure } from "#src/failure.ts";

/**
 * Refuses targets that a loss cannot be computed from: Failure `incompatible`. `outputs` is O.
 * Classes need one output each; two classes may share a single output, except under softmax.
 */
export function checkTargets(
  loss: Loss,
  targets: { readonly classes: number | null; readonly columns: number },
  outputs: number,
): void {
  const { classes, columns } = targets;
  if (classes === null) {
    if (loss === "softmax_cross_entropy") {
      throw new Failure("incompatible", "softmax_cross_entropy needs class indices as targets");
    }
    if (columns !== outputs) {
      throw new Failure(
        "incompatible",
        `the network has ${outputs} outputs and the data set ${columns} targets an example`,
      );
    }
    return;
  }
  const shared = classes === 2 && outputs === 1 && loss !== "softmax_cross_entropy";
  if (classes !== outputs && !shared) {
    throw new Failure(
      "incompatible",
      `the network has ${outputs} outputs and the data set ${classes} classes`,
    );
  }
}

/**
 * Targets as reals [B, O] from class indices [B] (one-hot; with one output 0 and 1, or −1 and 1 for
 * mean_squared_error) or from reals [B, …].
 */
export function targetsOf(loss: Loss, y: Node, f: Node): Node {
  const [examples = 0, outputs = 0] = f.shape;
  if (y.kind === "real") return reshape(y, [examples, outputs]);
  const column = reshape(y, [examples, 1]);
  if (outputs === 1) {
    const bit = cast(column, "real");
    return loss === "mean_squared_error" ? subtract(scale(bit, 2), literal(1)) : bit;
  }
  const classes = Int32Array.from({ length: outputs }, (_, at) => at);
  return cast(equal(column, constant(tensor("int32", [1, outputs], classes))), "real");
}

/** Loss of each example [B] from outputs f [B, O] and real targets [B, O]. */
export function lossPerExample(loss: Loss, f: Node, targets: Node): Node {
  switch (loss) {
    case "softmax_cross_entropy": {
      // log Σ exp f − f[class], shifted by the maximum, whose own derivative cancels.
      const top = stopGradient(max(f, [1], { keepDims: true }));
      const shifted = subtract(f, top);
      const logSum = log(sum(exp(shifted), [1]));
      return subtract(logSum, sum(multiply(shifted, targets), [1]));
    }
    case "mean_squared_error": {
      const residual = subtract(f, targets);
      return scale(sum(multiply(residual, residual), [1]), 0.5);
    }
    case "sigmoid_cross_entropy":
      // −y log σ(f) − (1 − y) log(1 − σ(f)) = softplus(f) − y·f
      return sum(subtract(softplus(f), multiply(targets, f)), [1]);
    default:
      return loss satisfies never;
  }
}

/** Mean loss over the batch, a scalar, from outputs f [B, O] and targets y (classes or reals). */
export function lossOf(loss: Loss, f: Node, y: Node): Node {
  const [examples = 1] = f.shape;
  return scale(sum(lossPerExample(loss, f, targetsOf(loss, y, f))), 1 / examples);
}

/** 1 for each example [B] whose class is right, 0 for others; null for real targets. */
export function hitsOf(loss: Loss, f: Node, y: Node): Node | null {
  if (y.kind !== "integer") return null;
  const [examples = 0, outputs = 0] = f.shape;
  const labels = reshape(y, [examples]);
  if (outputs > 1) return cast(equal(argMax(f, 1), labels), "real");
  assert(loss !== "softmax_cross_entropy", "softmax has an output for each class");
  const chosen = cast(greater(reshape(f, [examples]), literal(0)), "integer");
  return cast(equal(chosen, labels), "real");
}

/** Share of right classes, a scalar; null for real targets. */
export function accuracyOf(loss: Loss, f: Node, y: Node): Node | null {
  const hits = hitsOf(loss, f, y);
  return hits === null ? null : scale(sum(hits), 1 / (f.shape[0] ?? 1));
}

/**
 * Largest eigenvalue of ∂²loss/∂f² of one example, over all f: what turns an eigenvalue of the
 * kernel into a bound on curvature. Softmax: diag(p) − ppᵀ ≤ 1/2; sigmoid: σ(1 − σ) ≤ 1/4.
 */
export const curvatureMax: Readonly<Record<Loss, number>> = {
  mean_squared_error: 1,
  softmax_cross_entropy: 0.5,
  sigmoid_cross_entropy: 0.25,
};

/** Σ‖·‖² over a list of nodes, a scalar. */
export function squaredNorm(nodes: readonly Node[]): Node {
  const [first, ...others] = nodes.map((node) => sum(multiply(node, node)));
  if (first === undefined) return literal(0);
  return others.reduce((total, term) => add(total, term), first);
}
