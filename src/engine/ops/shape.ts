/** Derivatives of primitives that move values without computing: each is linear in its data. */
import * as g from "./build.ts";
import type { Node, NodeOf } from "./operations.ts";
import type { Family, LinearName } from "./primitive.ts";
import { operand, unbroadcast } from "./primitive.ts";
import { shapeRules } from "./shapes.ts";

/** Where each operand of a concatenation begins and ends along its axis. */
function spans({ inputs, attributes }: NodeOf<"concat">): (readonly [number, number])[] {
  let end = 0;
  return inputs.map(({ shape }) => {
    const start = end;
    end += shape[attributes.axis] ?? 0;
    return [start, end] as const;
  });
}

/** Transpose of slice: zeros everywhere but where the slice reads. */
function unslice({ attributes, inputs }: NodeOf<"slice">, cotangent: Node): Node {
  const whole = inputs[0]?.shape ?? [];
  const { starts, steps } = attributes;
  if (cotangent.shape.includes(0)) return g.filled(0, whole);
  const high = whole.map((length, axis) => {
    const reach = ((cotangent.shape[axis] ?? 0) - 1) * (steps[axis] ?? 1) + 1;
    return length - (starts[axis] ?? 0) - reach;
  });
  return g.pad(cotangent, { low: starts, high, interior: steps.map((step) => step - 1) });
}

/** Transpose of pad: keeps what the operand wrote. */
function unpad({ attributes, shape }: NodeOf<"pad">, cotangent: Node): Node {
  const { low, high, interior } = attributes;
  const ends = shape.map((length, axis) => length - (high[axis] ?? 0));
  return g.slice(cotangent, { starts: low, ends, steps: interior.map((gap) => gap + 1) });
}

function inverse(permutation: readonly number[]): number[] {
  const result = permutation.map(() => 0);
  for (const [to, from] of permutation.entries()) result[from] = to;
  return result;
}

type Layout = "reshape" | "broadcast" | "transpose";
type Extent = "slice" | "pad" | "concat";
type Indexed = "gather" | "scatterAdd";

const layout: Family<Layout> = {
  reshape: {
    shape: shapeRules.reshape,
    jvp: ({ attributes }, [t]) => t && g.reshape(t, attributes.shape),
    transpose: (node, cotangent) => [g.reshape(cotangent, operand(node, 0).shape)],
  },
  broadcast: {
    shape: shapeRules.broadcast,
    jvp: ({ attributes }, [t]) => t && g.broadcast(t, attributes.shape),
    transpose: (node, cotangent) => [unbroadcast(cotangent, operand(node, 0).shape)],
  },
  transpose: {
    shape: shapeRules.transpose,
    jvp: ({ attributes }, [t]) => t && g.transpose(t, attributes.permutation),
    transpose: ({ attributes }, cotangent) => [
      g.transpose(cotangent, inverse(attributes.permutation)),
    ],
  },
};

const extent: Family<Extent> = {
  slice: {
    shape: shapeRules.slice,
    jvp: ({ attributes }, [t]) => t && g.slice(t, attributes),
    transpose: (node, cotangent) => [unslice(node, cotangent)],
  },
  pad: {
    shape: shapeRules.pad,
    jvp: ({ attributes }, [t]) => t && g.pad(t, attributes),
    transpose: (node, cotangent) => [unpad(node, cotangent)],
  },
  concat: {
    shape: shapeRules.concat,
    jvp: ({ inputs, attributes }, tangents) =>
      tangents.every((t) => t === undefined)
        ? undefined
        : g.concat(
            inputs.map((x, at) => tangents[at] ?? g.filled(0, x.shape)),
            attributes.axis,
          ),
    transpose: (node, cotangent, isLinear) =>
      spans(node).map(([start, end], at) => {
        if (isLinear[at] !== true) return undefined;
        const { axis } = node.attributes;
        const starts = node.shape.map(() => 0).with(axis, start);
        return g.slice(cotangent, { starts, ends: node.shape.with(axis, end) });
      }),
  },
};

const indexed: Family<Indexed> = {
  gather: {
    shape: shapeRules.gather,
    jvp: (node, [t]) => t && g.gather(t, operand(node, 1), node.attributes.axis),
    transpose: (node, cotangent) => {
      const { axis } = node.attributes;
      const size = operand(node, 0).shape[axis] ?? 0;
      return [g.scatterAdd(cotangent, operand(node, 1), { axis, size }), undefined];
    },
  },
  scatterAdd: {
    shape: shapeRules.scatterAdd,
    jvp: (node, [t]) => t && g.scatterAdd(t, operand(node, 1), node.attributes),
    transpose: (node, cotangent) => [
      g.gather(cotangent, operand(node, 1), node.attributes.axis),
      undefined,
    ],
  },
};

export const shape = { ...layout, ...extent, ...indexed } satisfies Family<
  Extract<LinearName, Layout | Extent | Indexed>
>;
