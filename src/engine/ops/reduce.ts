/** Derivatives of reductions. Indices of maxima carry no tangent. */
import type { Shape } from "../tensor.ts";
import * as g from "./build.ts";
import type { Node } from "./operations.ts";
import type { Family } from "./primitive.ts";
import { operand, still } from "./primitive.ts";
import { shapeRules } from "./shapes.ts";

/** The operand's shape with length 1 along the reduced axes. */
function keptShape(x: Node, axes: readonly number[]): Shape {
  return x.shape.map((length, axis) => (axes.includes(axis) ? 1 : length));
}

export const reduce: Family<"sum" | "max" | "argMax"> = {
  sum: {
    shape: shapeRules.sum,
    jvp: ({ attributes }, [t]) => t && g.sum(t, attributes.axes, attributes),
    transpose: (node, cotangent) => {
      const x = operand(node, 0);
      const kept = g.reshape(cotangent, keptShape(x, node.attributes.axes));
      return [g.broadcast(kept, x.shape)];
    },
  },
  max: {
    shape: shapeRules.max,
    // dy = Σ dx·m / Σ m with m = 1 where x attains the maximum, else 0
    jvp: (node, [t]) => {
      if (t === undefined) return undefined;
      const { axes } = node.attributes;
      const x = operand(node, 0);
      const attained = g.cast(g.equal(x, g.reshape(node, keptShape(x, axes))), "real");
      const share = g.divide(attained, g.sum(attained, axes, { keepDims: true }));
      return g.sum(g.multiply(t, share), axes, node.attributes);
    },
    transpose: undefined,
  },
  argMax: { shape: shapeRules.argMax, jvp: still, transpose: undefined },
};
