/** The Constant operator where its value is not a tensor: single numbers and lists of them. */
import { constant } from "#engine/graph/build.ts";
import type { Node } from "#engine/ops/operations.ts";
import { tensor } from "#engine/tensor.ts";
import type { FileAttribute } from "../file.ts";

const int32Max = 2 ** 31 - 1;
const cut = (value: number): number => Math.min(int32Max, Math.max(-int32Max - 1, value));

/** The constant that the attributes hold; throws when they hold none of numbers. */
export function constantOf(attributes: ReadonlyMap<string, FileAttribute>): Node {
  const float = attributes.get("value_float")?.float;
  if (float !== undefined) return constant(tensor("float64", [], [float]));
  const integer = attributes.get("value_int")?.integer;
  if (integer !== undefined) return constant(tensor("int32", [], [cut(integer)]));
  const floats = attributes.get("value_floats")?.floats;
  if (floats !== undefined) return constant(tensor("float64", [floats.length], floats));
  const integers = attributes.get("value_ints")?.integers;
  if (integers !== undefined) {
    return constant(tensor("int32", [integers.length], integers.map(cut)));
  }
  throw new Error("it holds no numbers; texts and sparse tensors have no meaning in training");
}
