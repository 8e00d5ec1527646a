/** Indices as rows of zeros with a single one. */
import { cast, equal, reshape } from "#engine/graph/build.ts";
import type { Node } from "#engine/ops/operations.ts";
import { table } from "./translation.ts";

/** A new axis of that length is put in at `axis`: 1 where the index is, else 0. */
export function oneHotOf(
  indices: Node,
  { axis, length }: { readonly axis: number; readonly length: number },
): Node {
  const { shape } = indices;
  const spread = reshape(indices, [...shape.slice(0, axis), 1, ...shape.slice(axis)]);
  const behind = shape.slice(axis).map(() => 1);
  const steps = table("int32", [length, ...behind], (index) => index);
  return cast(equal(spread, steps), "real");
}
