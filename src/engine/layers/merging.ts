/** Layers that join two or more inputs: sums, products and concatenation. */
import { add, concat, multiply, reshape } from "#engine/graph/build.ts";
import type { Node } from "#engine/ops/operations.ts";
import type { Shape } from "#engine/tensor.ts";
import { batchOf, type LayerPlan, type Planner, type Site, written } from "./layer.ts";

const listed = (shapes: readonly Shape[]): string => shapes.map(written).join(" and ");

/** numpy broadcasting of the shapes of one example: they align at the right, 1 stretches. */
function jointShape(site: Site): Shape {
  const rank = Math.max(...site.inputs.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, axis) => {
    const lengths = site.inputs.map((shape) => shape[axis - rank + shape.length] ?? 1);
    const length = Math.max(...lengths);
    if (lengths.every((own) => own === 1 || own === length)) return length;
    throw site.refuse(
      "inputs",
      `shapes ${listed(site.inputs)} do not fit together; make them equal, or 1 where one is ` +
        "to be repeated",
    );
  });
}

/** A value with ones put after the batch axis, so that shapes of one example align at the right. */
function aligned(x: Node, rank: number): Node {
  const own = x.shape.slice(1);
  const missing = Array.from({ length: rank - own.length }, () => 1);
  return reshape(x, [batchOf(x), ...missing, ...own]);
}

function planElementwise(site: Site, join: (a: Node, b: Node) => Node): LayerPlan {
  const outputShape = jointShape(site);
  return {
    outputShape,
    parameters: [],
    forward: (inputs) => inputs.map((x) => aligned(x, outputShape.length)).reduce(join),
  };
}

export const planAdd: Planner<"add"> = (_, site) => planElementwise(site, add);
export const planMultiply: Planner<"multiply"> = (_, site) => planElementwise(site, multiply);

/** `axis` counts the axes of one example, from the end where it is negative. */
export const planConcatenate: Planner<"concatenate"> = (fields, site) => {
  const { axis = -1 } = fields;
  const { inputs } = site;
  const [first = []] = inputs;
  const rank = first.length;
  const at = axis < 0 ? axis + rank : axis;
  if (at < 0 || at >= rank) {
    throw site.refuse("axis", `there is no axis ${axis} in ${written(first)}; use -1`);
  }
  const fits = (shape: Shape): boolean =>
    shape.length === rank && shape.every((length, i) => i === at || length === first[i]);
  if (!inputs.every(fits)) {
    throw site.refuse(
      "inputs",
      `shapes ${listed(inputs)} differ beside axis ${axis}; make the other axes equal`,
    );
  }
  const length = inputs.reduce((total, shape) => total + (shape[at] ?? 0), 0);
  return {
    outputShape: first.with(at, length),
    parameters: [],
    forward: (values) => concat(values, at + 1),
  };
};
