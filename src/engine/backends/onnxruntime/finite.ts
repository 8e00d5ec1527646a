/** A cautious judgement: which values can be infinite only if training has diverged already. */
import type { Node, OperationName } from "#engine/ops/operations.ts";

/** Results that are bounded, or trusted because everything before them is computed anyway. */
const sources: ReadonlySet<OperationName> = new Set<OperationName>([
  "input",
  "matmul",
  "convolve",
  "convolveInput",
  "convolveFilter",
  "tanh",
  "sigmoid",
  "erf",
  "sign",
  "sin",
  "cos",
  "cast",
]);

/** Finite whenever their operands are. */
const passages: ReadonlySet<OperationName> = new Set<OperationName>([
  "negate",
  "scale",
  "relu",
  "abs",
  "stopGradient",
  "add",
  "subtract",
  "multiply",
  "maximum",
  "minimum",
  "select",
  "sum",
  "max",
  "reshape",
  "broadcast",
  "transpose",
  "slice",
  "pad",
  "concat",
  "gather",
  "scatterAdd",
]);

/** How many nodes are looked at before the answer is "perhaps not". */
const visitsMax = 200;

/** True when nothing between the node and trusted values can turn finite numbers infinite. */
export function staysFinite(root: Node): boolean {
  const seen = new Set<Node>([root]);
  for (const node of seen) {
    if (seen.size > visitsMax) return false;
    if (node.kind !== "real" || sources.has(node.op)) continue;
    if (node.op === "constant") {
      if (!node.attributes.tensor.data.every(Number.isFinite)) return false;
    } else if (passages.has(node.op)) {
      for (const operand of node.inputs) seen.add(operand);
    } else {
      return false;
    }
  }
  return true;
}
