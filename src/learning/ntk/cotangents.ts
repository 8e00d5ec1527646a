/**
 * The backward half of a kernel: cotangents δ of every node that reads a parameter, for one output
 * direction at a time, as a loop over directions. Examples are independent, so one backward pass
 * serves the whole batch (structured derivatives, arXiv 2206.08720).
 */

import { vjp } from "#engine/autodiff/backward.ts";
import type { Constant, Program } from "#engine/backend.ts";
import { add, applyLike, broadcast, input, reshape, slice } from "#engine/graph/build.ts";
import { ordered, substitute } from "#engine/graph/walk.ts";
import type { InputNode, Node } from "#engine/ops/operations.ts";
import type { CotangentOf, Piece } from "./pieces.ts";

/** What the backward program needs to know of the forward graph. */
export interface Forward {
  /** [N, O]. */
  readonly output: Node;
  readonly x: Constant;
  readonly parameters: readonly InputNode[];
  /** Nodes whose cotangents are wanted. */
  readonly nodes: readonly Node[];
}

/**
 * Emits, for each `unit` [O] scanned, δ [N, D, C] or the gradient [N, P] of every piece; δ [C] of
 * even ones.
 */
export function cotangentProgram(forward: Forward, pieces: readonly Piece[]): Program {
  const unit = input("unit", [forward.output.shape[1] ?? 0]);
  const of = cotangentsOf(forward, unit);
  const emitted: Record<string, Node> = {};
  for (const piece of pieces) {
    emitted[piece.name] = emittedOf(piece, of);
  }
  return {
    name: "kernel cotangents",
    constants: [forward.x],
    invariants: forward.parameters,
    carried: [],
    scanned: [unit],
    emitted,
  };
}

/** δ [N, D, C] or the gradient [N, P] of a piece; δ [C] of an even one. */
export function emittedOf(piece: Piece, of: CotangentOf): Node {
  if (piece.form === "gradient") return piece.gradient(of);
  const delta = piece.delta(of);
  if (piece.isEven !== true) return delta;
  const [, positions = 1, channels = 1] = delta.shape;
  const first = slice(delta, { starts: [0, 0, 0], ends: [1, positions, channels] });
  return reshape(first, [channels]);
}

/** Cotangents of the wanted nodes for one output direction `unit` [O]. */
export function cotangentsOf(forward: Forward, unit: Node): CotangentOf {
  const [examples = 0, outputs = 0] = forward.output.shape;
  const direction = broadcast(reshape(unit, [1, outputs]), [examples, outputs]);
  const cotangents = cotangentsOfNodes(forward, direction);
  return (node) => {
    const found = cotangents.get(node);
    if (found === undefined) throw new Error(`no cotangent of ${node.op}`);
    return found;
  };
}

/**
 * ∂⟨output, direction⟩/∂node for inner nodes: each is moved by an input of its own, the move is
 * differentiated, and then taken out again, since the point is where all moves are zero.
 */
function cotangentsOfNodes(forward: Forward, direction: Node): Map<Node, Node> {
  const wanted = new Set(forward.nodes);
  const moved = new Map<Node, Node>();
  const originals = new Map<Node, Node>();
  const moves: InputNode[] = [];
  for (const node of ordered([forward.output])) {
    const inputs = node.inputs.map((operand) => moved.get(operand) ?? operand);
    const same = inputs.every((operand, at) => operand === node.inputs[at]);
    let current = same ? node : applyLike(node, inputs);
    if (wanted.has(node)) {
      const move = input(`move/${moves.length}`, node.shape);
      moves.push(move);
      current = add(current, move);
      originals.set(current, node);
    }
    moved.set(node, current);
  }
  const output = moved.get(forward.output) ?? forward.output;
  const found = substitute(vjp([output], moves, [direction]), originals);
  const order = ordered([forward.output]).filter((node) => wanted.has(node));
  return new Map(
    order.flatMap((node, at) => {
      const cotangent = found[at];
      return cotangent === undefined ? [] : [[node, cotangent] as const];
    }),
  );
}
