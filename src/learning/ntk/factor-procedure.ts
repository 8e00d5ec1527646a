/**
 * All factors of a kernel as one graph, for networks that are small enough: the backward passes of
 * all output directions side by side, so that the forward pass is taken once and results lie as
 * blocks read them. Larger ones go through a loop, see cotangents.ts.
 */
import type { Procedure } from "#engine/backend.ts";
import { concat, constant, reshape } from "#engine/graph/build.ts";
import { ordered } from "#engine/graph/walk.ts";
import type { Node } from "#engine/ops/operations.ts";
import { type Tensor, tensor } from "#engine/tensor.ts";
import { cotangentsOf, emittedOf, type Forward } from "./cotangents.ts";
import type { Piece } from "./pieces.ts";

/** Nodes of the forward graph times directions: beyond, sessions take long to open. */
const nodesMax = 1024;

export const isSmall = ({ output }: Forward, units: number): boolean =>
  ordered([output]).length * units <= nodesMax;

/**
 * `a/<piece>`: what pairs with cotangents; none for gradients. `d/<piece>`: δ [N, U, D, C] or the
 * gradient [N, U, P]; δ [U, C] of even ones. A direction is a row of `units` [U, O].
 */
export function factorProcedure(
  forward: Forward,
  pieces: readonly Piece[],
  units: Tensor,
): Procedure {
  const outputs: Record<string, Node> = { ...freeOf(pieces) };
  const directions = rowsOf(units).map((unit) => cotangentsOf(forward, unit));
  for (const piece of pieces) {
    const parts = directions.map((of) => beside(emittedOf(piece, of), piece.isEven === true));
    outputs[`d/${piece.name}`] = concat(parts, piece.isEven === true ? 0 : 1);
  }
  return {
    name: "kernel factors",
    constants: [forward.x],
    inputs: forward.parameters,
    outputs,
  };
}

/** What does not depend on a direction, by the names that sides give it. */
export function freeOf(pieces: readonly Piece[]): Readonly<Record<string, Node>> {
  const found: Record<string, Node> = {};
  for (const piece of pieces) {
    if (piece.form === "product") found[`a/${piece.name}`] = piece.a;
    if (piece.form === "lookup") found[`a/${piece.name}`] = piece.ids;
  }
  return found;
}

/** With an axis for the direction: the first where examples have none, else the second. */
function beside(value: Node, isEven: boolean): Node {
  const [examples = 0, ...inner] = value.shape;
  return reshape(value, isEven ? [1, ...value.shape] : [examples, 1, ...inner]);
}

function rowsOf({ dtype, shape, data }: Tensor): Node[] {
  const [count = 0, width = 0] = shape;
  return Array.from({ length: count }, (_, at) =>
    constant(tensor(dtype, [width], data.subarray(at * width, (at + 1) * width))),
  );
}
