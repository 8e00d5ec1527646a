/**
 * A step in function space: the loss at f_s plus what has moved, its gradient g in outputs, and
 * the optimiser acting on coefficients c, extras a and moved outputs alike, for which the gradient
 * is (g, 0, Θg). Exact for every update that is linear in past gradients.
 */
import assert from "node:assert/strict";
import { gradient } from "#engine/autodiff/backward.ts";
import type { Carried, Constant, Program } from "#engine/backend.ts";
import {
  add,
  constant,
  filled,
  gather,
  input,
  literal,
  matmul,
  maximum,
  multiply,
  negate,
  reshape,
  scatterAdd,
  slice,
  sqrt,
  sum,
} from "#engine/graph/build.ts";
import { substitute } from "#engine/graph/walk.ts";
import type { InputNode, Node } from "#engine/ops/operations.ts";
import { sizeOf, tensor } from "#engine/tensor.ts";
import { averaged, averageName, shareInput } from "#learning/averaging.ts";
import { batchNodes, countOf } from "#learning/examples.ts";
import { accuracyOf, lossOf } from "#learning/loss.ts";
import { clipFactor, scalarInputs, slotsOf, update } from "#learning/optimizer.ts";
import { dividedProduct } from "./jacobian-product.ts";
import { extraCount } from "./phase.ts";
import type { Task } from "./step.ts";
import type { FunctionSpaceForm } from "./surface.ts";

/** Names of what is carried, and `momentum/` before them for the velocity. */
export const carriedNames = { c: "c", a: "a", moved: "moved" } as const;

interface Invariants {
  readonly outputs: InputNode;
  /** E, [3, N · O]; null without extras. */
  readonly images: InputNode | null;
  readonly gram: InputNode | null;
}

function invariantsOf(size: number, extras: boolean): Invariants {
  return {
    outputs: input("outputs", [size]),
    images: extras ? input("images", [extraCount, size]) : null,
    gram: extras ? input("gram", [extraCount, extraCount]) : null,
  };
}

interface Slope {
  readonly loss: Node;
  readonly accuracy: Node | null;
  /** g spread over all examples, [N · O]. */
  readonly cotangent: Node;
  /** Θg, [N · O]. */
  readonly image: Node;
  /** gᵀΘg = ‖∇θ‖². */
  readonly squaredNorm: Node;
}

/** How Θ is multiplied with, and what for. */
interface Theta {
  /** Θg for g on the batch [B, O], as [N · O]. */
  readonly times: (g: Node) => Node;
  readonly constants: readonly Constant[];
  readonly invariants: readonly InputNode[];
}

/** With Θ as [N, O · N · O]: row n holds the rows of its outputs. */
function byKernel(size: number, examples: number, index: Node | null): Theta {
  const kernel = input("kernel", [examples, (size / examples) * size]);
  const times = (g: Node): Node => {
    const rows = sizeOf(g.shape);
    const block = reshape(index === null ? kernel : gather(kernel, index, 0), [rows, size]);
    return reshape(matmul(reshape(g, [1, rows]), block), [size]);
  };
  return { times, constants: [], invariants: [kernel] };
}

/** With the Jacobian and its transpose, on primals of the anchor; full batches alone. */
function byJacobian(size: number, task: Task): Theta {
  const { steps } = dividedProduct(task);
  const [u] = steps.scanned;
  const { product } = steps.emitted;
  assert(u !== undefined && product !== undefined && task.batchSize === null);
  const times = (g: Node): Node => {
    const [image] = substitute([product], new Map([[u, g]]));
    return reshape(image as Node, [size]);
  };
  return { times, constants: steps.constants, invariants: steps.invariants };
}

/** Loss and gradient on the batch, or on everything. */
function slopeOf(
  { loss }: Task,
  { theta, f, y, index }: { theta: Theta; f: Node; y: Node; index: Node | null },
): Slope {
  const [examples = 0, outputs = 0] = f.shape;
  const size = examples * outputs;
  const seen = index === null ? f : gather(f, index, 0);
  const lossNode = lossOf(loss, seen, y);
  const [g] = gradient(lossNode, [seen]);
  const cotangent = g as Node;
  const rows = sizeOf(cotangent.shape);
  const image = theta.times(cotangent);
  const own = index === null ? image : gather(reshape(image, [examples, outputs]), index, 0);
  const spread =
    index === null ? cotangent : scatterAdd(cotangent, index, { axis: 0, size: examples });
  return {
    loss: lossNode,
    accuracy: accuracyOf(loss, seen, y),
    cotangent: reshape(spread, [size]),
    image,
    squaredNorm: sum(multiply(reshape(cotangent, [rows]), reshape(own, [rows]))),
  };
}

/** ‖θ − θ_s‖² = cᵀ(Θc + Ea) + a·(Eᵀc + Ga). */
function squaredDistance(carried: Moving, { images, gram }: Invariants): Node {
  const own = sum(multiply(carried.c, carried.moved));
  if (images === null || gram === null || carried.a === null) return own;
  const size = carried.c.shape[0] ?? 0;
  const along = matmul(images, reshape(carried.c, [size, 1]));
  const among = matmul(gram, reshape(carried.a, [extraCount, 1]));
  const both = reshape(add(along, among), [extraCount]);
  return add(own, sum(multiply(carried.a, both)));
}

interface Moving {
  readonly c: InputNode;
  readonly a: InputNode | null;
  readonly moved: InputNode;
}

export interface FunctionProgramHow {
  /** Whether θ_s, v₀ and d₀ are among the directions. */
  readonly extras: boolean;
  readonly route: FunctionSpaceForm["route"];
}

export function functionSpaceProgram(task: Task, { extras, route }: FunctionProgramHow): Program {
  const { network, train, batchSize, optimizer } = task;
  const examples = countOf(train);
  const size = examples * sizeOf(network.outputShape);
  const fixed = invariantsOf(size, extras);
  const batch = batchNodes(train, batchSize);
  const theta = route === "kernel" ? byKernel(size, examples, batch.index) : byJacobian(size, task);
  const moving: Moving = {
    c: input(carriedNames.c, [size]),
    a: extras ? input(carriedNames.a, [extraCount]) : null,
    moved: input(carriedNames.moved, [size]),
  };
  const f = reshape(add(fixed.outputs, moving.moved), [examples, size / examples]);
  const slope = slopeOf(task, { theta, f, y: batch.y, index: batch.index });
  const norm = sqrt(maximum(slope.squaredNorm, literal(0)));
  const distance = sqrt(maximum(squaredDistance(moving, fixed), literal(0)));
  const reportsNorm = optimizer.clipNorm !== null || task.gradientNorm;
  const scalars = scalarInputs();
  const share = optimizer.averaging === null ? null : shareInput();
  return {
    name: `function space by the ${route}`,
    constants: [
      ...batch.constants.filter(({ input: node }) => node.attributes.name === "examples/y"),
      ...theta.constants,
    ],
    invariants: [
      ...theta.invariants,
      ...[fixed.outputs, fixed.images, fixed.gram].filter((node) => node !== null),
    ],
    carried: carriedOf(task, moving, {
      slope,
      norm,
      rate: scalars.rate,
      share,
      images: fixed.images,
    }),
    scanned: [
      ...(batch.index === null ? [] : [batch.index]),
      scalars.rate,
      ...(share === null ? [] : [share]),
    ],
    emitted: {
      loss: slope.loss,
      ...(slope.accuracy === null ? {} : { accuracy: slope.accuracy }),
      ...(reportsNorm ? { gradient_norm: norm } : {}),
      distance_from_anchor: distance,
    },
  };
}

interface How {
  readonly slope: Slope;
  readonly norm: Node;
  readonly rate: InputNode;
  /** Of the average; null without one. */
  readonly share: InputNode | null;
  readonly images: InputNode | null;
}

/** The optimiser of weight space on c, a and the moved outputs. */
function carriedOf({ optimizer }: Task, moving: Moving, how: How): Carried[] {
  const { slope, norm, images } = how;
  const factor = optimizer.clipNorm === null ? null : clipFactor(norm, optimizer.clipNorm);
  const clip = (node: Node): Node => (factor === null ? node : multiply(node, factor));
  const toZero = optimizer.weightDecay > 0 && optimizer.weightDecayTo === "zero";
  const scalars = { ...scalarInputs(), rate: how.rate };
  const move = (node: InputNode, gradientNode: Node, target: Node | undefined): Carried[] => {
    const { name } = node.attributes;
    const slots = slotsOf(optimizer).map((slot) => input(`${slot}/${name}`, node.shape));
    const [velocity] = slots;
    const state = velocity === undefined ? {} : { momentum: velocity };
    const updated = { weight: node, gradient: gradientNode, target, state };
    const next = update(optimizer, updated, scalars);
    const average = input(averageName(name), node.shape);
    // What has moved is averaged by nobody: it is only a step's own shortcut.
    const isAveraged = how.share !== null && node !== moving.moved;
    return [
      { input: node, output: next.weight },
      ...(isAveraged && how.share !== null
        ? [{ input: average, output: averaged(average, next.weight, how.share) }]
        : []),
      ...slots.map((slot) => ({ input: slot, output: next.state.momentum as Node })),
    ];
  };
  // To zero, θ_s itself decays: a₁ draws to −1 and what has moved to −Jθ_s.
  const size = moving.c.shape[0] ?? 0;
  const image =
    toZero && images !== null
      ? negate(reshape(slice(images, { starts: [0, 0], ends: [1, size] }), [size]))
      : undefined;
  const corner = toZero ? constant(tensor("float64", [extraCount], [-1, 0, 0])) : undefined;
  return [
    ...move(moving.c, clip(slope.cotangent), undefined),
    ...(moving.a === null ? [] : move(moving.a, filled(0, [extraCount]), corner)),
    ...move(moving.moved, clip(slope.image), image),
  ];
}
