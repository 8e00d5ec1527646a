/**
 * What a closed form would take by each of its routes: the spectrum of the kernel, Krylov spaces by
 * products with the kernel, and by products with the Jacobian alone. Chooses nothing.
 */
import type { Precision } from "#engine/backend.ts";
import type { Task } from "./descent/step.ts";
import type { Route } from "./descent/surface.ts";
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
import { jacobianProductCost, type ProductCost } from "./product-cost.ts";

/** Rows of the largest kernel that is decomposed: a minute or so in TypeScript. */
export const eigenRowsMax = 3000;
/** Steps that a run in closed form reports at most; more are thinned evenly. */
export const closedFormPointsMax = 2048;
/** Vectors of a Krylov space at most: its own eigenproblem takes their cube. */
const krylovMax = 512;
/** Bytes that its vectors may take. */
const krylovBytesMax = 2 ** 30;
/** Steps of a phase up to which products in float32 do for a float32 run. */
const singleStepsMax = 10_000;

/** Steps between two that a run in closed form reports. */
export function closedFormEvery(steps: number): number {
  return Math.max(1, Math.ceil(steps / closedFormPointsMax));
}

export function krylovVectorsMax(rows: number): number {
  return Math.max(8, Math.min(krylovMax, Math.floor(krylovBytesMax / (8 * Math.max(1, rows)))));
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
  if (route === "spectrum") {
    return rows > eigenRowsMax ? `${rows} rows of the kernel are more than ${eigenRowsMax}` : null;
  }
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
/** Vectors that any space takes. */
const vectorsLeast = 8;

/** Vectors of a space for the steps of a phase, about √(z ln 1/ε), and how many spaces. */
function spacesFor({ task, settings, steps, phases }: SolverQuestion) {
  const rows = rowsOf(task);
  const { momentum, weightDecay, weightDecayTo } = task.optimizer;
  const most = Math.min(rows, krylovVectorsMax(rows));
  const horizon = steps / phases;
  const reach = (curvatureTypical * horizon) / (1 - momentum);
  const digits = -Math.log(settings.dtype === "float64" ? Number.EPSILON : 2 ** -23);
  const starts =
    1 + Number(momentum > 0 && phases > 1) + Number(weightDecay > 0 && weightDecayTo === "zero");
  const wanted = starts * (vectorsLeast + 0.8 * Math.sqrt(reach * digits));
  if (wanted <= most || most === rows) return { count: Math.min(rows, wanted), spaces: 1, horizon };
  return { count: most, spaces: (wanted / most) ** 2, horizon };
}

/** What a route would take; null where the kernel's factors do not fit. */
export function closedFormCost(route: Route, question: SolverQuestion): Cost | null {
  const { task, settings, speed, steps, phases, baseBytes } = question;
  const rows = rowsOf(task);
  const { count, spaces, horizon } = spacesFor(question);
  const precision = closedFormPrecision(settings.dtype, { route, horizon });
  const width = precision === "float64" ? 8 : 4;
  const every = closedFormEvery(settings.steps);
  const points = Math.ceil(steps / every);
  const modes = route === "spectrum" ? rows : count;
  const hasClasses = task.train.y.dtype === "int32";
  const accuracyFlops = hasClasses ? 2 * modes * rows * points : 0;
  const moving =
    points * modes * modeSeconds +
    (hasClasses && route !== "spectrum" ? points * modes ** 2 * hostSeconds : 0) +
    accuracyFlops / speed.contraction.float32;
  const common = setupSeconds + pullSeconds(question) + moving;
  const jumps = modes * (1 + Math.log2(every)) * doublingSeconds;
  const cost = route === "jacobian" ? null : kernelCostOf(task);
  if (route !== "jacobian" && cost === null) return null;
  const kernel = cost === null ? 0 : kernelSeconds(cost, rows, { speed, precision });
  const factors = factorCopies * (cost?.numbers ?? 0) * width;
  if (route === "spectrum") {
    return {
      seconds: common + phases * (kernel + speed.eigen * rows ** 3 + jumps + 3e-9 * rows ** 2),
      flops: phases * (cost?.flops ?? 0) + accuracyFlops,
      memoryBytes: baseBytes + 6.5 * rows ** 2 * width + factors,
    };
  }
  const product: ProductCost =
    route === "jacobian"
      ? jacobianProductCost(task, precision, speed)
      : {
          seconds: (rows ** 2 * width) / speed.memoryBytes + speed.call,
          flops: 2 * rows ** 2,
          bytes: 0,
        };
  const space =
    count * product.seconds +
    2 * count ** 2 * rows * hostSeconds +
    growthShare * speed.eigen * count ** 3 +
    jumps;
  const vectors = 3 * count * rows * 8;
  return {
    seconds: common + phases * (kernel + spaces * space),
    flops: phases * ((cost?.flops ?? 0) + spaces * count * product.flops) + accuracyFlops,
    memoryBytes:
      baseBytes +
      vectors +
      factors +
      (route === "jacobian" ? product.bytes : 3.3 * rows ** 2 * width),
  };
}
