/**
 * The optimiser on the coefficients of a linear phase: θ = θ_s + Bᵀc + Ea, with the gradient Bᵀg.
 * Coefficients c, extras a and the moved values Bθ − Bθ_s = BBᵀc + BEa all move by the optimiser of
 * weight space, for which the gradient is (g, 0, BBᵀg): exact where it is linear in past gradients.
 */
import type { Program } from "#engine/backend.ts";
import {
  add,
  constant,
  filled,
  input,
  literal,
  matmul,
  maximum,
  multiply,
  negate,
  reshape,
  slice,
  sqrt,
  sum,
} from "#engine/graph/build.ts";
import type { InputNode, Node } from "#engine/ops/operations.ts";
import { type Shape, sizeOf, tensor } from "#engine/tensor.ts";
import { averaged, averageName, shareInput } from "#learning/averaging.ts";
import {
  clipFactor,
  type ScalarNodes,
  scalarInputs,
  slotsOf,
  update,
} from "#learning/optimizer.ts";
import { extraCount } from "./phase.ts";
import type { Task } from "./step.ts";

/** An array of coefficients. */
export interface CoefficientPlace {
  /** Behind the names of its inputs. */
  readonly suffix: string;
  readonly shape: Shape;
}

/** Names of what is carried at a place, `momentum/` before them for the velocity, and of E there. */
export const placeNames = (suffix: string) => ({
  c: `c${suffix}`,
  moved: `moved${suffix}`,
  images: `images${suffix}`,
});

/** Name of the inner products EᵀE. */
export const gramName = "gram";

/** A place as a step sees it; all but `images` in the place's shape. */
export interface StepPlace {
  readonly suffix: string;
  readonly moved: InputNode;
  /** g. */
  readonly cotangent: Node;
  /** BBᵀg. */
  readonly image: Node;
}

export interface DualStep {
  readonly places: readonly StepPlace[];
  readonly extras: boolean;
  readonly loss: Node;
  readonly accuracy: Node | null;
  /** gᵀBBᵀg = ‖∇θ‖²; the sum over places unless given. */
  readonly squaredNorm?: Node;
}

type Pieces = Pick<Program, "invariants" | "carried" | "scanned" | "emitted">;

interface Extras {
  readonly a: InputNode;
  readonly gram: InputNode;
  /** BE at each place, [3, size]. */
  readonly images: readonly InputNode[];
}

const total = (terms: readonly Node[]): Node =>
  terms.reduce<Node | null>((a, b) => (a === null ? b : add(a, b)), null) ?? literal(0);

const inner = (a: Node, b: Node): Node => sum(multiply(a, b));

/** ‖θ − θ_s‖² = cᵀ(BBᵀc + BEa) + a·(EᵀBᵀc + EᵀEa). */
function squaredDistance(coefficients: readonly Node[], step: DualStep, extras: Extras | null) {
  const own = total(step.places.map(({ moved }, at) => inner(coefficients[at] as Node, moved)));
  if (extras === null) return own;
  const column = (node: Node): Node => reshape(node, [sizeOf(node.shape), 1]);
  const along = extras.images.map((images, at) => matmul(images, column(coefficients[at] as Node)));
  const among = matmul(extras.gram, column(extras.a));
  const both = reshape(add(total(along), among), [extraCount]);
  return add(own, inner(extras.a, both));
}

/** What a step carries, scans and emits, and the invariants of its extra directions. */
export function dualPieces(task: Task, step: DualStep): Pieces {
  const { optimizer } = task;
  const { places } = step;
  const extras = step.extras ? extrasOf(places) : null;
  const coefficients = places.map(({ suffix, moved }) => input(placeNames(suffix).c, moved.shape));
  const squared =
    step.squaredNorm ?? total(places.map(({ cotangent, image }) => inner(cotangent, image)));
  const norm = sqrt(maximum(squared, literal(0)));
  const distance = squaredDistance(coefficients, step, extras);
  const reportsNorm = optimizer.clipNorm !== null || task.gradientNorm;
  const share = optimizer.averaging === null ? null : shareInput();
  const scalars = scalarInputs();
  return {
    invariants: extras === null ? [] : [...extras.images, extras.gram],
    carried: carriedOf(task, step, { coefficients, extras, norm, scalars, share }),
    scanned: [scalars.rate, ...(share === null ? [] : [share])],
    emitted: {
      loss: step.loss,
      ...(step.accuracy === null ? {} : { accuracy: step.accuracy }),
      ...(reportsNorm ? { gradient_norm: norm } : {}),
      distance_from_anchor: sqrt(maximum(distance, literal(0))),
    },
  };
}

function extrasOf(places: readonly StepPlace[]): Extras {
  return {
    a: input("a", [extraCount]),
    gram: input(gramName, [extraCount, extraCount]),
    images: places.map(({ suffix, moved }) =>
      input(placeNames(suffix).images, [extraCount, sizeOf(moved.shape)]),
    ),
  };
}

interface How {
  readonly coefficients: readonly InputNode[];
  readonly extras: Extras | null;
  readonly norm: Node;
  readonly scalars: ScalarNodes;
  /** Of the average; null without one. */
  readonly share: InputNode | null;
}

/** The optimiser of weight space on c, a and what has moved. */
function carriedOf({ optimizer }: Task, { places }: DualStep, how: How): Program["carried"] {
  const { extras, scalars, share } = how;
  const factor = optimizer.clipNorm === null ? null : clipFactor(how.norm, optimizer.clipNorm);
  const clip = (node: Node): Node => (factor === null ? node : multiply(node, factor));
  const toZero = optimizer.weightDecay > 0 && optimizer.weightDecayTo === "zero";
  const move = (node: InputNode, gradient: Node, by: MoveHow): Program["carried"] => {
    const { name } = node.attributes;
    const slots = slotsOf(optimizer).map((slot) => input(`${slot}/${name}`, node.shape));
    const [velocity] = slots;
    const state = velocity === undefined ? {} : { momentum: velocity };
    const updated = { weight: node, gradient, target: by.target, state };
    const next = update(optimizer, updated, scalars);
    const average = input(averageName(name), node.shape);
    return [
      { input: node, output: next.weight },
      ...(by.isAveraged && share !== null
        ? [{ input: average, output: averaged(average, next.weight, share) }]
        : []),
      ...slots.map((slot) => ({ input: slot, output: next.state.momentum as Node })),
    ];
  };
  const corner = toZero ? constant(tensor("float64", [extraCount], [-1, 0, 0])) : undefined;
  const still = filled(0, [extraCount]);
  return [
    ...(extras === null ? [] : move(extras.a, still, { target: corner, isAveraged: true })),
    ...places.flatMap(({ moved, cotangent, image }, at) => {
      // To zero, θ_s itself decays: a₁ draws to −1 and what has moved to −Bθ_s.
      const images = toZero ? extras?.images[at] : undefined;
      const target = images && negate(reshape(firstRow(images), moved.shape));
      const c = how.coefficients[at] as InputNode;
      return [
        ...move(c, clip(cotangent), { target: undefined, isAveraged: true }),
        // What has moved is averaged by nobody: it is only a step's own shortcut.
        ...move(moved, clip(image), { target, isAveraged: false }),
      ];
    }),
  ];
}

interface MoveHow {
  readonly target: Node | undefined;
  readonly isAveraged: boolean;
}

const firstRow = (images: Node): Node =>
  slice(images, { starts: [0, 0], ends: [1, images.shape[1] ?? 0] });
