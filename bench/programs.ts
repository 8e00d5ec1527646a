/**
 * The programs that are timed: ordinary and linearised steps of a perceptron and of a small
 * convolutional network, written by hand on the graph so that only the engine is measured.
 */
import { gradient, vjp } from "#engine/autodiff/backward.ts";
import { jvp } from "#engine/autodiff/forward.ts";
import type { Program, Tensors } from "#engine/backend.ts";
import * as g from "#engine/graph/build.ts";
import type { InputNode, Node } from "#engine/ops/operations.ts";
import type { Shape, Tensor } from "#engine/tensor.ts";
import { sizeOf, tensor } from "#engine/tensor.ts";

const examples = 2048;
const classes = 10;

type Forward = (weights: readonly Node[], x: Node) => Node;

export interface Net {
  readonly input: Shape;
  readonly weights: readonly Shape[];
  readonly forward: Forward;
}

const dense = (x: Node, w: Node | undefined, b: Node | undefined): Node => {
  if (w === undefined || b === undefined) throw new Error("a layer lacks weights");
  const product = g.matmul(x, w);
  return g.add(product, g.broadcast(b, product.shape));
};

export const perceptron: Net = {
  input: [784],
  weights: [[784, 512], [512], [512, 512], [512], [512, classes], [classes]],
  forward: (w, x) => dense(g.relu(dense(g.relu(dense(x, w[0], w[1])), w[2], w[3])), w[4], w[5]),
};

/** Same padding, 3×3. */
function convolved(x: Node, w: Node | undefined, b: Node | undefined): Node {
  if (w === undefined || b === undefined) throw new Error("a layer lacks weights");
  const padding = [
    [1, 1],
    [1, 1],
  ] as const;
  const y = g.convolve(x, w, { padding });
  return g.relu(g.add(y, g.broadcast(b, y.shape)));
}

/** Maxima of 2×2 blocks: halves of the joined last axis, then of the rows. */
function pooled(x: Node): Node {
  const [n = 0, height = 0, width = 0, channels = 0] = x.shape;
  const across = halves(g.reshape(x, [n, height, width / 2, 2 * channels]));
  const down = halves(g.reshape(across, [n, height / 2, width * channels]));
  return g.reshape(down, [n, height / 2, width / 2, channels]);
}

function halves(x: Node): Node {
  const axis = x.shape.length - 1;
  const length = x.shape[axis] ?? 0;
  const starts = x.shape.map(() => 0);
  const first = g.slice(x, { starts, ends: x.shape.with(axis, length / 2) });
  const second = g.slice(x, { starts: starts.with(axis, length / 2), ends: x.shape });
  return g.maximum(first, second);
}

export const convolutional: Net = {
  input: [32, 32, 3],
  weights: [[3, 3, 3, 32], [32], [3, 3, 32, 64], [64], [8 * 8 * 64, classes], [classes]],
  forward: (w, x) => {
    const features = pooled(convolved(pooled(convolved(x, w[0], w[1])), w[2], w[3]));
    return dense(g.reshape(features, [x.shape[0] ?? 0, 8 * 8 * 64]), w[4], w[5]);
  },
};

/** Mean softmax cross-entropy with integer labels. */
function crossEntropy(logits: Node, labels: Node): Node {
  const batch = logits.shape[0] ?? 1;
  const shifted = g.subtract(logits, g.stopGradient(g.max(logits, [1], { keepDims: true })));
  const logSum = g.log(g.sum(g.exp(shifted), [1]));
  const names = g.constant(tensor("int32", [1, classes], [...Array(classes).keys()]));
  const hit = g.cast(g.equal(g.reshape(labels, [batch, 1]), names), "real");
  const right = g.sum(g.multiply(shifted, hit), [1]);
  return g.scale(g.sum(g.subtract(logSum, right)), 1 / batch);
}

/** A program with everything that a run of it needs. */
export interface Built {
  readonly program: Program;
  readonly start: Tensors;
  readonly schedule: (steps: number) => Tensors;
}

interface Sloped {
  readonly loss: Node;
  readonly slopes: readonly Node[];
}

type Step = (weights: readonly InputNode[], x: Node, labels: Node) => Sloped;

export interface Setting {
  readonly batch: number;
  /** Steps inside the linear model at an anchor, instead of ordinary ones. */
  readonly linear: boolean;
}

/** Stochastic gradient descent on mini-batches of a made-up data set. */
export function build(name: string, net: Net, { batch, linear }: Setting): Built {
  const data = g.input("data/x", [examples, ...net.input]);
  const targets = g.input("data/y", [examples], "integer");
  const rows = g.input("batch", [batch], "integer");
  const rate = g.input("rate", []);
  const weights = net.weights.map((shape, at) => g.input(`weights/${at}`, shape));
  const anchor = net.weights.map((shape, at) => g.input(`anchor/${at}`, shape));
  const step = linear ? linearStep(net, anchor) : plainStep(net);
  const { loss, slopes } = step(weights, g.gather(data, rows, 0), g.gather(targets, rows, 0));
  const carried = weights.map((input, at) => {
    const slope = slopes[at] ?? input;
    return { input, output: g.subtract(input, g.multiply(rate, slope)) };
  });
  const values = net.weights.map((shape, at) => drawn(shape, at));
  const start: Record<string, Tensor> = {};
  for (const [at, value] of values.entries()) {
    start[`weights/${at}`] = value;
    if (linear) start[`anchor/${at}`] = value;
  }
  const program: Program = {
    name,
    constants: [
      { input: data, value: drawn([examples, ...net.input], 77, 1) },
      { input: targets, value: tensor("int32", [examples], indices(examples, classes)) },
    ],
    invariants: linear ? anchor : [],
    carried,
    scanned: [rows, rate],
    emitted: { loss },
  };
  const schedule = (steps: number): Tensors => ({
    batch: tensor("int32", [steps, batch], indices(steps * batch, examples)),
    rate: tensor(
      "float32",
      [steps],
      Array.from({ length: steps }, () => 0.01),
    ),
  });
  return { program, start, schedule };
}

const plainStep =
  (net: Net): Step =>
  (weights, x, labels) => {
    const loss = crossEntropy(net.forward(weights, x), labels);
    return { loss, slopes: gradient(loss, weights) };
  };

/** f(θ_s) + J(θ − θ_s) by a jvp at the anchor, and the gradient by a vjp there. */
const linearStep =
  (net: Net, anchor: readonly InputNode[]): Step =>
  (weights, x, labels) => {
    const outputs = net.forward(anchor, x);
    const moves = anchor.map((node, at): [Node, Node] => [
      node,
      g.subtract(weights[at] ?? node, node),
    ]);
    const [moved = outputs] = jvp([outputs], new Map<Node, Node>(moves));
    const logits = g.add(outputs, moved);
    const loss = crossEntropy(logits, labels);
    const [slope = logits] = gradient(loss, [logits]);
    return { loss, slopes: vjp([outputs], anchor, [slope]) };
  };

/** Uniform values scaled by the fan-in, the same every time. */
function drawn(shape: Shape, seed: number, scale?: number): Tensor {
  let state = seed * 7919 + 1;
  const spread = scale ?? (shape.length === 1 ? 0 : Math.sqrt(6 / sizeOf(shape.slice(0, -1))));
  const values = Array.from({ length: sizeOf(shape) }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return (state / 2 ** 31) * spread;
  });
  return tensor("float32", shape, values);
}

const indices = (count: number, below: number): number[] =>
  Array.from({ length: count }, (_, i) => (i * 7919) % below);
