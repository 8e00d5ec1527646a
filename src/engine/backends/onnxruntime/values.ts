/** Element types of nodes in a program, and host tensors brought to them. */
import type { Precision } from "#engine/backend.ts";
import { checkValue } from "#engine/graph/program.ts";
import type { ValueInfo } from "#engine/onnx/model.ts";
import type { InputNode, Kind, Node } from "#engine/ops/operations.ts";
import type { DType, Tensor } from "#engine/tensor.ts";
import { convert } from "#engine/tensor.ts";

/** The element type of a kind of node. */
export function dtypeOf(kind: Kind, precision: Precision): DType {
  if (kind === "real") return precision;
  return kind === "integer" ? "int32" : "bool";
}

/** A real tensor in the precision, any other as it is. */
export function inPrecision(value: Tensor, precision: Precision): Tensor {
  const real = value.dtype === "float32" || value.dtype === "float64";
  return real ? convert(value, precision) : value;
}

/** The value given for an input; `steps` adds an outermost axis. Throws when it does not fit. */
export function fitted(
  input: InputNode,
  value: Tensor | undefined,
  how: { readonly precision: Precision; readonly steps?: number },
): Tensor {
  return inPrecision(checkValue(input, value, how.steps), how.precision);
}

/** A node's value as a model's input or output under a name. */
export function describeValue(name: string, node: Node, precision: Precision): ValueInfo {
  return { name, type: dtypeOf(node.kind, precision), shape: node.shape };
}
