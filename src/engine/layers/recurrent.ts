/**
 * Recurrent cells, unrolled over the length that the input has: one node for each step, the same
 * weights in all of them. States begin at zero.
 */
import {
  add,
  concat,
  matmul,
  multiply,
  negate,
  reshape,
  scale,
  sigmoid,
  slice,
  subtract,
  tanh,
} from "#engine/graph/build.ts";
import type { Node } from "#engine/ops/operations.ts";
import { activate, checkActivation } from "./activations.ts";
import { affine } from "./dense.ts";
import {
  batchOf,
  type Fields,
  type LayerPlan,
  only,
  type ParameterPlan,
  type Planner,
  type Site,
  type Weights,
  written,
} from "./layer.ts";
import { planKernel, planVector } from "./weights.ts";

/** Longest sequence that is unrolled. */
const stepsMax = 1024;

type RecurrentFields = Fields<"simple_rnn" | "gru" | "lstm">;

/** Output and what else a step hands on; [batch, units] each. */
type State = readonly Node[];

/** What a step reads beside its state. */
interface Step {
  /** x_t·W + b, [batch, gates · units]. */
  readonly fed: Node;
  /** h·R of the step before, times its factor; undefined at the first step, where h is zero. */
  readonly recalled: Node | undefined;
  readonly weights: Weights;
}

/** What tells one cell from another. */
interface Cell {
  /** Gates side by side in the kernels. */
  readonly gates: number;
  readonly bias: readonly ParameterPlan[];
  readonly next: (state: State | undefined, step: Step) => State;
}

/** Columns of one gate. */
function gate(x: Node, at: number, units: number): Node {
  return slice(x, { starts: [0, at * units], ends: [x.shape[0] ?? 0, (at + 1) * units] });
}

const sum = (a: Node, b: Node | undefined): Node => (b === undefined ? a : add(a, b));
const total = (a: Node | undefined, b: Node | undefined): Node | undefined =>
  a === undefined ? b : sum(a, b);

/** One step of x [batch, length, width] as [batch, width]. */
function stepOf(x: Node, at: number): Node {
  const [batch = 0, , width = 0] = x.shape;
  const part = slice(x, { starts: [0, at, 0], ends: [batch, at + 1, width] });
  return reshape(part, [batch, width]);
}

function sequenceOf(site: Site): readonly [number, number] {
  const shape = only(site.inputs);
  const [length, features] = shape;
  if (length === undefined || features === undefined || shape.length !== 2) {
    const detail = `needs an input of [length, features], got ${written(shape)}`;
    throw site.refuse("", `${detail}; put a reshape before it`);
  }
  if (length > stepsMax) {
    const detail = `${length} steps are too many to unroll; at most ${stepsMax}`;
    throw site.refuse("", `${detail}; shorten the sequence by a pool or a strided convolution`);
  }
  return [length, features];
}

/** Kernels for all gates side by side; the recurrent one begins orthogonal. */
function planKernels(
  { units, init }: RecurrentFields,
  site: Site,
  { fanIn, width }: { readonly fanIn: number; readonly width: number },
) {
  const shared = { activation: "linear", fanOut: units, init, field: "units" } as const;
  return {
    kernel: planKernel(site, { ...shared, shape: [fanIn, width], fanIn }),
    recurrent: planKernel(site, {
      ...shared,
      role: "recurrent_kernel",
      shape: [units, width],
      fanIn: units,
      fallback: "orthogonal",
    }),
  };
}

/** x [length, features] → [units], or [length, units]. The products x_t·W are one for all steps. */
function planRecurrent(fields: RecurrentFields, site: Site, cell: Cell): LayerPlan {
  const { units, return_sequences: isSequence = false, use_bias: useBias = true } = fields;
  const [length, features] = sequenceOf(site);
  const widths = { fanIn: features, width: cell.gates * units };
  const { kernel, recurrent } = planKernels(fields, site, widths);
  return {
    outputShape: isSequence ? [length, units] : [units],
    parameters: [kernel.parameter, recurrent.parameter, ...(useBias ? cell.bias : [])],
    forward: (inputs, weights) => {
      const x = only(inputs);
      const bias = useBias ? weights("bias") : undefined;
      const rows = affine(x, { kernel: weights("kernel"), bias, factor: kernel.factor });
      const fed = reshape(rows, [batchOf(x), length, cell.gates * units]);
      const outputs: Node[] = [];
      let state: State | undefined;
      for (let at = 0; at < length; at += 1) {
        const h = state?.[0];
        const recalled = h && scale(matmul(h, weights("recurrent_kernel")), recurrent.factor);
        state = cell.next(state, { fed: stepOf(fed, at), recalled, weights });
        if (isSequence || at === length - 1) outputs.push(only(state.slice(0, 1)));
      }
      if (!isSequence) return only(outputs);
      return concat(
        outputs.map((h) => reshape(h, [batchOf(x), 1, units])),
        1,
      );
    },
  };
}

/** h ← activation(x·W + h·R + b). Elman, Finding structure in time (1990). */
export const planSimpleRnn: Planner<"simple_rnn"> = (fields, site) => {
  const { units, activation = "tanh" } = fields;
  checkActivation(site, activation, [units]);
  return planRecurrent(fields, site, {
    gates: 1,
    bias: [planVector("bias", units, "zeros")],
    next: (_, { fed, recalled }) => [activate(activation, sum(fed, recalled))],
  });
};

/**
 * Gates z, r and candidate in this order: ĥ = tanh(x·W + b + r·(h·R + b′)), h ← z·h + (1 − z)·ĥ.
 * Cho and others, Learning phrase representations (2014), with the reset after the product.
 */
export const planGru: Planner<"gru"> = (fields, site) => {
  const { units, use_bias: useBias = true } = fields;
  return planRecurrent(fields, site, {
    gates: 3,
    bias: [planVector("bias", 3 * units, "zeros"), planVector("recurrent_bias", units, "zeros")],
    next: (state, { fed, recalled, weights }) => {
      const back = (at: number): Node | undefined => recalled && gate(recalled, at, units);
      const offset = useBias ? weights("recurrent_bias") : undefined;
      const z = sigmoid(sum(gate(fed, 0, units), back(0)));
      const r = sigmoid(sum(gate(fed, 1, units), back(1)));
      const candidate = total(back(2), offset);
      const fresh = tanh(sum(gate(fed, 2, units), candidate && multiply(r, candidate)));
      const [h] = state ?? [];
      // z·h + (1 − z)·ĥ = ĥ + z·(h − ĥ)
      return [add(fresh, multiply(z, h === undefined ? negate(fresh) : subtract(h, fresh)))];
    },
  });
};

/**
 * Gates i, f, candidate and o in this order: c ← f·c + i·ĉ, h ← o·tanh(c). Hochreiter and
 * Schmidhuber (1997) with the forget gate of Gers and others (2000), whose bias begins at 1.
 */
export const planLstm: Planner<"lstm"> = (fields, site) => {
  const { units } = fields;
  return planRecurrent(fields, site, {
    gates: 4,
    bias: [planVector("bias", 4 * units, "forget_ones")],
    next: (state, { fed, recalled }) => {
      const all = sum(fed, recalled);
      const [i, f, o] = [0, 1, 3].map((at) => sigmoid(gate(all, at, units)));
      const fresh = tanh(gate(all, 2, units));
      if (i === undefined || f === undefined || o === undefined) throw new Error("a gate is gone");
      const [, c] = state ?? [];
      const next = sum(multiply(i, fresh), c && multiply(f, c));
      return [multiply(o, tanh(next)), next];
    },
  });
};
