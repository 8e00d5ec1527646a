/** Recurrent layers, written out step by step for the known length of the sequence. */
import {
  add,
  concat,
  filled,
  literal,
  matmul,
  multiply,
  reshape,
  sigmoid,
  slice,
  subtract,
  tanh,
} from "#engine/graph/build.ts";
import type { Node } from "#engine/ops/operations.ts";
import type { Call } from "../call.ts";
import { arranged, type Laid, laid, plain, shapeOf } from "../laid.ts";
import { byMatrix } from "./contraction.ts";
import { entry, range } from "./translation.ts";

/** Longest sequence that is written out. */
const stepsMax = 512;

/** What a cell carries from step to step, [N, H] each; the first is its output. */
type State = readonly Node[];

/** One direction of one layer. */
interface Direction {
  /** R·h + b of all gates. */
  readonly recurrent: (h: Node) => Node;
  readonly hidden: number;
}

type Step = (gates: Node, state: State, direction: Direction) => State;

/** Columns `from` to `to` of a matrix, in units of the hidden size. */
function gate(x: Node, at: number, hidden: number): Node {
  const [rows = 0] = x.shape;
  return slice(x, { starts: [0, at * hidden], ends: [rows, (at + 1) * hidden] });
}

/** Row `at` of a first axis, which goes. */
function part(x: Node, at: number): Node {
  const [, ...rest] = x.shape;
  const none = rest.map(() => 0);
  return reshape(slice(x, { starts: [at, ...none], ends: [at + 1, ...rest] }), rest);
}

/** i, o, f, c: c' = σ(f)·c + σ(i)·tanh(g), h' = σ(o)·tanh(c'). */
const lstmStep: Step = (x, [h, c], { recurrent, hidden }) => {
  if (h === undefined || c === undefined) throw new Error("a cell without a state");
  const gates = add(x, recurrent(h));
  const [i, o, f] = [0, 1, 2].map((at) => sigmoid(gate(gates, at, hidden)));
  if (i === undefined || o === undefined || f === undefined) throw new Error("gates are missing");
  const next = add(multiply(f, c), multiply(i, tanh(gate(gates, 3, hidden))));
  return [multiply(o, tanh(next)), next];
};

/** z, r, h: h' = (1 − z)·ĥ + z·h, with r on the state before or after its product. */
const gruStep =
  (resetAfter: boolean, candidate: (h: Node) => Node): Step =>
  (x, [h], { recurrent, hidden }) => {
    if (h === undefined) throw new Error("a cell without a state");
    const product = recurrent(h);
    const [z, r] = [0, 1].map((at) => sigmoid(add(gate(x, at, hidden), gate(product, at, hidden))));
    if (z === undefined || r === undefined) throw new Error("gates are missing");
    const past = resetAfter ? multiply(r, gate(product, 2, hidden)) : candidate(multiply(r, h));
    const fresh = tanh(add(gate(x, 2, hidden), past));
    return [add(multiply(subtract(literal(1), z), fresh), multiply(z, h))];
  };

const rnnStep: Step = (x, [h], { recurrent }) => {
  if (h === undefined) throw new Error("a cell without a state");
  return [tanh(add(x, recurrent(h)))];
};

interface Layer {
  readonly states: number;
  readonly activations: readonly string[];
  readonly step: (call: Call, weights: { readonly r: Node; readonly b: Node | undefined }) => Step;
}

function check(call: Call, { activations }: Layer): void {
  if (call.has(4)) throw call.refuse("sequence_lens is not read; give sequences of one length");
  if (call.has(7)) throw call.refuse("peepholes are not read");
  if (call.hasAttribute("clip")) throw call.refuse("clip is not read");
  if (call.integer("input_forget", 0) === 1) throw call.refuse("input_forget is not read");
  const given = call.texts("activations") ?? [];
  if (given.some((name, at) => name !== activations[at % activations.length])) {
    throw call.refuse(`only the activations ${activations.join(", ")} are read`);
  }
}

/** Weights of one direction: [gates·H, I], [gates·H, H] and their biases. */
function weightsOf(call: Call, at: number) {
  const [w, r] = [part(plain(call.weight(1)), at), part(plain(call.weight(2)), at)];
  const whole = call.has(3) ? part(plain(call.weight(3)), at) : undefined;
  const width = w.shape[0] ?? 0;
  const cut = (from: number): Node | undefined =>
    whole && slice(whole, { starts: [from], ends: [from + width] });
  return { w, r, forInput: cut(0), forState: cut(width) };
}

interface Run {
  readonly call: Call;
  /** [N, T, I]. */
  readonly x: Node;
  readonly layer: Layer;
  readonly batchFirst: boolean;
}

/** The first value of state `nth`, [N, H]. */
function beginning(
  { call, x, batchFirst }: Run,
  at: readonly [number, number],
  hidden: number,
): Node {
  const [nth, direction] = at;
  const [batch = 1] = x.shape;
  if (!call.has(5 + nth)) return filled(0, [batch, hidden]);
  const given = call.x(5 + nth);
  return part(batchFirst ? arranged(given, [[1], [0], [2]]) : plain(given), direction);
}

/** Outputs of every step in the order of the sequence, and the last state. */
function directionOf(run: Run, at: number, reversed: boolean): { outputs: Node[]; last: State } {
  const { call, x, layer } = run;
  const { w, r, forInput, forState } = weightsOf(call, at);
  const hidden = r.shape[1] ?? 0;
  const projected = plain(byMatrix(laid(x), w, true));
  const inputs = forInput === undefined ? projected : add(projected, forInput);
  const recurrent = (h: Node): Node => {
    const product = matmul(h, r, { transposeB: true });
    return forState === undefined ? product : add(product, forState);
  };
  const step = layer.step(call, { r, b: forState });
  const [batch = 1, steps = 0, width = 0] = inputs.shape;
  let state: State = range(layer.states).map((nth) => beginning(run, [nth, at], hidden));
  const outputs: Node[] = [];
  for (const turn of range(steps)) {
    const place = reversed ? steps - 1 - turn : turn;
    const cell = slice(inputs, { starts: [0, place, 0], ends: [batch, place + 1, width] });
    state = step(reshape(cell, [batch, width]), state, { recurrent, hidden });
    const [h] = state;
    if (h !== undefined) outputs.push(h);
  }
  return { outputs: reversed ? outputs.reverse() : outputs, last: state };
}

/** [N, H] each, on a new axis 1. */
const stacked = (nodes: readonly Node[]): Node =>
  concat(
    nodes.map((node) => reshape(node, [node.shape[0] ?? 0, 1, ...node.shape.slice(1)])),
    1,
  );

const recurrentLayer = (forward: string, layer: Layer) =>
  entry(
    forward,
    (call) => {
      check(call, layer);
      const batchFirst = call.integer("layout", 0) === 1;
      const given: Laid = call.x(0);
      const x = batchFirst ? plain(given) : arranged(given, [[1], [0], [2]]);
      const steps = shapeOf(given)[batchFirst ? 1 : 0] ?? 0;
      if (steps < 1 || steps > stepsMax) throw call.refuse(`it takes ${steps} steps`);
      const kind = call.text("direction", "forward");
      const reversed = kind === "bidirectional" ? [false, true] : [kind === "reverse"];
      const run = { call, x, layer, batchFirst };
      const found = reversed.map((backwards, at) => directionOf(run, at, backwards));
      const all = stacked(found.map(({ outputs }) => stacked(outputs)));
      const states = range(layer.states).map((nth) =>
        stacked(found.flatMap(({ last }) => last[nth] ?? [])),
      );
      // Stored [N, D, T, H] and [N, D, H]; a file wants [T, D, N, H] and [D, N, H].
      const outputs: Laid = {
        stored: all,
        axes: batchFirst ? [[0], [2], [1], [3]] : [[2], [1], [0], [3]],
      };
      const lasts = states.map(
        (stored): Laid => ({ stored, axes: batchFirst ? [[0], [1], [2]] : [[1], [0], [2]] }),
      );
      return [outputs, ...lasts];
    },
    { kernel: "product" },
  );

export const recurrentOperators = {
  LSTM: recurrentLayer("a layer of LSTM cells over the sequence", {
    states: 2,
    activations: ["Sigmoid", "Tanh", "Tanh"],
    step: () => lstmStep,
  }),
  GRU: recurrentLayer("a layer of gated recurrent units over the sequence", {
    states: 1,
    activations: ["Sigmoid", "Tanh"],
    step: (call, { r, b }) => {
      const hidden = r.shape[1] ?? 0;
      const own = slice(r, { starts: [2 * hidden, 0], ends: [3 * hidden, hidden] });
      const shift = b && slice(b, { starts: [2 * hidden], ends: [3 * hidden] });
      return gruStep(call.integer("linear_before_reset", 0) === 1, (h) => {
        const product = matmul(h, own, { transposeB: true });
        return shift === undefined ? product : add(product, shift);
      });
    },
  }),
  RNN: recurrentLayer("a layer of tanh cells over the sequence", {
    states: 1,
    activations: ["Tanh"],
    step: () => rnnStep,
  }),
} as const;
