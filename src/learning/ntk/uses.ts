/**
 * Where parameters enter a forward graph, followed through rearrangements and constant factors to
 * the operations that read them. What those say is in factors.ts.
 */
import { pad, reshape, scatterAdd, sum, transpose } from "#engine/graph/build.ts";
import { type Known, usesOf } from "#engine/graph/walk.ts";
import type { Node } from "#engine/ops/operations.ts";
import { sizeOf } from "#engine/tensor.ts";
import { type Factor, ruleOf } from "./factors.ts";

/** One reading of a parameter. */
export interface Use {
  /** The node whose cotangent is needed. */
  readonly node: Node;
  /** How the parameter was rearranged on the way; only factors of equal layouts can be joined. */
  readonly layout: string;
  readonly factors: readonly Factor[];
  /** ∂f/∂p of each example in the parameter's own layout, [N, P]; undefined: there is no rule. */
  readonly gradient: ((cotangent: Node) => Node) | undefined;
}

/** The examples of a graph. */
export interface Scene {
  /** N. */
  readonly batch: number;
  /** Nodes that depend on the examples. */
  readonly reached: Known;
}

/** How the operand of a reading came from the parameter. */
interface Path {
  readonly factor: number;
  readonly layout: string;
  /** [N, ...operand shape] → [N, ...parameter shape]. */
  readonly undo: (gradient: Node) => Node;
  /** Whether one entry of the parameter is one of the operand, as factors need. */
  readonly isFaithful: boolean;
}

/** Every reading of `parameter` in the graph of `outputs`. */
export function usesOfParameter(
  outputs: readonly Node[],
  parameter: Node,
  { batch, reached }: Scene,
): Use[] {
  const readers = usesOf(outputs);
  const found: Use[] = [];
  const follow = (node: Node, path: Path): void => {
    for (const reader of new Set(readers.get(node))) {
      const passed = passOn(reader, node, path);
      if (passed !== undefined) {
        follow(reader, passed);
        continue;
      }
      const rule = ruleOf(reader, node, { batch, reached, factor: path.factor });
      found.push({
        node: reader,
        layout: `${path.layout}${rule?.orientation ?? ""}`,
        factors: path.isFaithful ? (rule?.factors ?? []) : [],
        gradient:
          rule &&
          ((cotangent) =>
            reshape(path.undo(rule.gradient(cotangent)), [batch, sizeOf(parameter.shape)])),
      });
    }
  };
  const start = { factor: 1, layout: "", isFaithful: true };
  follow(parameter, { ...start, undo: (gradient) => gradient });
  return found;
}

/** Rearrangements and constant factors of a parameter are not uses: its value is read later. */
function passOn(node: Node, operand: Node, path: Path): Path | undefined {
  const { factor, layout, undo } = path;
  const laid = (what: string, back: (gradient: Node) => Node, isFaithful = true): Path => ({
    factor,
    layout: `${layout}${what};`,
    undo: (gradient) => undo(back(gradient)),
    isFaithful: path.isFaithful && isFaithful,
  });
  const whole = (gradient: Node): readonly number[] => [gradient.shape[0] ?? 0, ...operand.shape];
  switch (node.op) {
    case "scale":
      return { ...path, factor: factor * node.attributes.factor };
    case "negate":
      return { ...path, factor: -factor };
    case "reshape":
      return laid(`reshape ${node.shape}`, (gradient) => reshape(gradient, whole(gradient)));
    case "transpose": {
      const { permutation } = node.attributes;
      const back = permutation.map((_, axis) => permutation.indexOf(axis) + 1);
      return laid(`transpose ${permutation}`, (gradient) => transpose(gradient, [0, ...back]));
    }
    case "slice": {
      const { starts, ends, steps } = node.attributes;
      const back = (gradient: Node) => unsliced(gradient, operand.shape, { starts, steps });
      return laid(`slice ${starts} ${ends} ${steps}`, back);
    }
    case "broadcast": {
      const lead = node.shape.length - operand.shape.length;
      const axes = [...node.shape.keys()].filter(
        (axis) => axis < lead || operand.shape[axis - lead] !== node.shape[axis],
      );
      const stretched = axes.map((axis) => axis + 1);
      const back = (gradient: Node) => reshape(sum(gradient, stretched), whole(gradient));
      return laid("broadcast", back, false);
    }
    case "gather": {
      const [, ids] = node.inputs;
      if (ids?.op !== "constant" || operand !== node.inputs[0]) return undefined;
      const { axis } = node.attributes;
      const where = { axis: axis + 1, size: operand.shape[axis] ?? 0 };
      return laid("gather", (gradient) => scatterAdd(gradient, ids, where), false);
    }
    default:
      return undefined;
  }
}

/** Zeros around what a slice read; axis 0 of the gradient is the examples'. */
function unsliced(
  gradient: Node,
  shape: readonly number[],
  { starts, steps }: { readonly starts: readonly number[]; readonly steps: readonly number[] },
): Node {
  const high = shape.map((length, axis) => {
    const reach = ((gradient.shape[axis + 1] ?? 0) - 1) * (steps[axis] ?? 1) + 1;
    return length - (starts[axis] ?? 0) - reach;
  });
  const interior = [0, ...steps.map((step) => step - 1)];
  return pad(gradient, { low: [0, ...starts], high: [0, ...high], interior });
}
