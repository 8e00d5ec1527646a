/**
 * What a closed form would take by each of its routes: the spectrum of the kernel, Krylov spaces by
 * products with the kernel, and by products with the Jacobian alone. Chooses nothing.
 */
import type { Precision } from "#engine/backend.ts";
import type { Task } from "./descent/step.ts";
import { fallsBack, type Route } from "./descent/surface.ts";
import {
  type Cost,
  factorCopies,
  kernelCostOf,
  kernelSeconds,
  pullSeconds,
  rowsOf,
  type SolverQuestion,
  setupSeconds,
} from "./dual-cost.ts";
import { countOf } from "./examples.ts";
import { krylovVectorsMax, sizesOf } from "./krylov-budget.ts";
import { jacobianProductCost, type ProductCost } from "./product-cost.ts";

/** Rows of the largest kernel that is decomposed: a minute or so in TypeScript. */
export const eigenRowsMax = 3000;
/** Steps that a run in closed form reports at most; more are thinned evenly. */
export const closedFormPointsMax = 2048;
/** Steps of a phase up to which products in float32 do for a float32 run. */
const singleStepsMax = 10_000;

/** Steps between two that a run in closed form reports. */
export function closedFormEvery(steps: number): number {
  return Math.max(1, Math.ceil(steps / closedFormPointsMax));
}

/** A spectrum is worth having in float64 even of a float32 run: many steps magnify its errors. */
export function closedFormPrecision(
  precision: Precision,
  { route, horizon }: { readonly route: Route; readonly horizon: number },
): Precision {
  return route !== "spectrum" && horizon <= singleStepsMax ? precision : "float64";
}

/** Why a route cannot compute a task; null when it can. */
export function routeObstacle(route: Route, task: Task): string | null {
  const rows = rowsOf(task);
  const { type } = task.optimizer.schedule;
  if (rows > eigenRowsMax && (route === "spectrum" || fallsBack(route))) {
    return `${rows} rows of the kernel are more than ${eigenRowsMax}`;
  }
  if (route === "spectrum") return null;
  if (type === "constant" || type === "step") return null;
  return `a ${type} schedule has another rate at each step, and a Krylov space is made for one`;
}

/** Seconds a mode takes to move to a reported step on the host. */
const modeSeconds = 3e-8;
/** Seconds a mode's power takes for each doubling. */
const doublingSeconds = 4e-7;
/** Seconds that a number takes in sums over vectors on the host. */
const hostSeconds = 1e-9;
/** Eigenproblems of a Krylov space as it grows, as shares of the last one's cube. */
const growthShare = 2;
/** Largest ηλ/n of the eigenvalues that matter, where nobody looked: far below the bound of 2. */
const curvatureTypical = 0.05;
/** The largest ηλ/n of plain descent that does not diverge. */
const curvatureMost = 2;
/** Vectors that any space takes. */
const vectorsLeast = 8;

/**
 * How often a space that tries its luck does not do: of the bench's networks at all rates and over
 * up to 10⁶ steps, none needed more than half as many vectors as there are rows.
 */
const failureShare = 0.25;

/** Vectors of a space for the steps of a phase, about √(z ln 1/ε) with z = ηλT/n. */
function vectorsWanted({ task, settings, steps, phases }: SolverQuestion, curvature: number) {
  const { momentum, weightDecay, weightDecayTo } = task.optimizer;
  const reach = (curvature * steps) / phases / (1 - momentum);
  const digits = -Math.log(settings.dtype === "float64" ? Number.EPSILON : 2 ** -23);
  const starts =
    1 + Number(momentum > 0 && phases > 1) + Number(weightDecay > 0 && weightDecayTo === "zero");
  return starts * (vectorsLeast + 0.8 * Math.sqrt(reach * digits));
}

/** Whether one Krylov space holds a phase at any rate that does not diverge. */
export function holdsForSure(question: SolverQuestion): boolean {
  const { task } = question;
  const sizes = sizesOf(task.network, countOf(task.train));
  return vectorsWanted(question, curvatureMost) <= krylovVectorsMax("jacobian", sizes);
}

function spacesFor(route: Route, question: SolverQuestion) {
  const { task, steps, phases } = question;
  const rows = rowsOf(task);
  const sizes = sizesOf(task.network, countOf(task.train));
  const most = Math.min(rows, krylovVectorsMax(route, sizes));
  const horizon = steps / phases;
  const wanted = vectorsWanted(question, curvatureTypical);
  const base = { spaces: 1, failures: 0, horizon };
  if (wanted <= most || most === rows) return { ...base, count: Math.min(rows, wanted) };
  if (fallsBack(route)) return { ...base, count: most, failures: failureShare };
  return { ...base, count: most, spaces: (wanted / most) ** 2 };
}

/** Arrays of the kernel's size that are held at once by its eigendecomposition. */
const spectrumCopies = 6.5;

const isOfKernel = (route: Route): boolean => route.startsWith("kernel");

/** One product with the kernel. */
function productOf(
  route: Route,
  { task, speed }: SolverQuestion,
  precision: Precision,
): ProductCost {
  if (!isOfKernel(route)) return jacobianProductCost(task, precision, speed);
  const squares = rowsOf(task) ** 2;
  const width = precision === "float64" ? 8 : 4;
  const seconds = (squares * width) / speed.memoryBytes + speed.call;
  return { seconds, flops: 2 * squares, bytes: 0 };
}

/** What a route would take; null where the kernel's factors do not fit. */
export function closedFormCost(route: Route, question: SolverQuestion): Cost | null {
  const { task, settings, speed, steps, phases, baseBytes } = question;
  const rows = rowsOf(task);
  const { count, spaces, failures, horizon } = spacesFor(route, question);
  const precision = closedFormPrecision(settings.dtype, { route, horizon });
  const width = precision === "float64" ? 8 : 4;
  const every = closedFormEvery(settings.steps);
  const points = Math.ceil(steps / every);
  const modes = route === "spectrum" ? rows : count;
  // Residual, coefficients and their velocities of each reported step, until a call ends.
  const standing = 4 * 8 * modes * points;
  const hasClasses = task.train.y.dtype === "int32";
  const accuracyFlops = hasClasses ? 2 * modes * rows * points : 0;
  const moving =
    points * modes * modeSeconds +
    (hasClasses && route !== "spectrum" ? points * modes ** 2 * hostSeconds : 0) +
    accuracyFlops / speed.contraction.float32;
  const common = setupSeconds + pullSeconds(question) + moving;
  const jumps = modes * (1 + Math.log2(every)) * doublingSeconds;
  const cost = kernelCostOf(task);
  const needsKernel = !route.startsWith("jacobian") || fallsBack(route);
  if (needsKernel && cost === null) return null;
  const kernelIn = (within: Precision): number =>
    cost === null ? 0 : kernelSeconds(cost, rows, { speed, precision: within });
  const factorBytes = factorCopies * (cost?.numbers ?? 0);
  const decomposed: Cost = {
    seconds: kernelIn("float64") + speed.eigen * rows ** 3 + 3e-9 * rows ** 2,
    flops: cost?.flops ?? 0,
    memoryBytes: 8 * (spectrumCopies * rows ** 2 + factorBytes),
  };
  if (route === "spectrum") {
    return {
      seconds: common + phases * (decomposed.seconds + jumps),
      flops: phases * decomposed.flops + accuracyFlops,
      memoryBytes: baseBytes + decomposed.memoryBytes + standing,
    };
  }
  const product = productOf(route, question, precision);
  const space =
    count * product.seconds +
    2 * count ** 2 * rows * hostSeconds +
    growthShare * speed.eigen * count ** 3 +
    jumps;
  const own =
    3 * count * rows * 8 +
    (isOfKernel(route) ? (3.3 * rows ** 2 + factorBytes) * width : product.bytes);
  const kernel = isOfKernel(route) ? kernelIn(precision) : 0;
  const later = fallsBack(route) ? decomposed.memoryBytes : 0;
  return {
    seconds: common + phases * (kernel + spaces * space + failures * decomposed.seconds),
    flops:
      accuracyFlops +
      phases *
        ((isOfKernel(route) ? decomposed.flops : 0) +
          spaces * count * product.flops +
          failures * decomposed.flops),
    memoryBytes: baseBytes + own + later + standing,
  };
}
