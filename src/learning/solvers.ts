/**
 * Which solver computes the linear phases of a run: what each one asks of the settings, what it
 * would take, and the choice. Measures nothing and compiles nothing.
 */
import { Failure } from "#src/failure.ts";
import { closedFormCost, holdsForSure, routeObstacle } from "./closed-form-cost.ts";
import type { Task } from "./descent/step.ts";
import { fallsBack, type Route, routes } from "./descent/surface.ts";
import { type Cost, functionSpaceCost, rowsOf, type SolverQuestion } from "./dual-cost.ts";
import { countOf, firstOf } from "./examples.ts";

export const solvers = ["weight_space", "function_space", "closed_form"] as const;
export type Solver = (typeof solvers)[number];

/** What one solver would take over the whole run. */
export interface Estimate extends Cost {
  readonly solver: Solver;
  /** Of a solver that has several. */
  readonly route?: Route;
}

/** Why a solver cannot compute a task; null when it can. */
export function obstacle(solver: Solver, task: Task): string | null {
  if (solver === "weight_space") return null;
  const { optimizer, network, loss, batchSize } = task;
  if (optimizer.type !== "sgd") {
    return `${optimizer.type} does not move along the rows of the Jacobian; use sgd or weight_space`;
  }
  const [reason] = network.coupling;
  if (reason !== undefined) return reason;
  if (solver === "function_space") return null;
  if (loss !== "mean_squared_error") return `a closed form needs mean_squared_error, not ${loss}`;
  if (batchSize !== null) return "a closed form needs full batches";
  if (optimizer.clipNorm !== null) return "a clipped step has no closed form";
  if (optimizer.averaging !== null) return "averages need every step: use function_space";
  const reasons = routes.map((route) => routeObstacle(route, task));
  return reasons.every((why) => why !== null) ? [...new Set(reasons)].join("; ") : null;
}

/** What a dual solver would take by the fastest way that fits; the leanest where none does. */
export function dualEstimate(
  solver: Exclude<Solver, "weight_space">,
  question: SolverQuestion,
  memoryBytesMax: number,
): Estimate | null {
  const found = routes.flatMap((route): Estimate[] => {
    const cost = costBy(solver, route, question);
    return cost === null ? [] : [{ solver, route, ...cost }];
  });
  const inMemory = found.filter(({ memoryBytes }) => memoryBytes <= memoryBytesMax);
  const fitting = solver === "closed_form" ? withWayOut(inMemory, question) : inMemory;
  const least = (among: readonly Estimate[], by: "seconds" | "memoryBytes"): Estimate | null =>
    among.reduce<Estimate | null>((a, b) => (a === null || b[by] < a[by] ? b : a), null);
  return least(fitting, "seconds") ?? least(found, "memoryBytes");
}

/** A space that may not do has a way out, unless the kernel cannot be decomposed here. */
function withWayOut(found: readonly Estimate[], question: SolverQuestion): readonly Estimate[] {
  const isWayOut = ({ route }: Estimate): boolean => route !== undefined && fallsBack(route);
  const wants = !holdsForSure(question) && found.some(isWayOut);
  return found.filter((each) => each.route === "spectrum" || isWayOut(each) === wants);
}

/** What a solver would take by a route; null where it cannot go by it, or has no room. */
function costBy(
  solver: Exclude<Solver, "weight_space">,
  route: Route,
  question: SolverQuestion,
): Cost | null {
  if (solver === "function_space") {
    return route === "kernel" || route === "jacobian" ? functionSpaceCost(route, question) : null;
  }
  return routeObstacle(route, question.task) === null ? closedFormCost(route, question) : null;
}

/** A chosen solver, why, and what the others would have taken. */
export interface Chosen {
  readonly solver: Solver;
  /** Of a solver that has several. */
  readonly route?: Route;
  readonly reason: string;
  readonly estimates: readonly Estimate[];
}

/**
 * The solver asked for, or the fastest that fits in memory. Failures: `incompatible` when the one
 * asked for cannot compute the task, `too_large` when it does not fit.
 */
export function chooseSolver(
  asked: Solver | "auto",
  question: SolverQuestion,
  how: { readonly weightSpace: Estimate; readonly memoryBytesMax: number },
): Chosen {
  const { task } = question;
  const estimates: Estimate[] = [how.weightSpace];
  for (const solver of ["function_space", "closed_form"] as const) {
    const why = obstacle(solver, task);
    const found = why === null ? dualEstimate(solver, question, how.memoryBytesMax) : null;
    if (found !== null) estimates.push(found);
    if (asked !== solver) continue;
    if (why !== null) throw new Failure("incompatible", `solver ${solver}: ${why}`);
    if (found === null || found.memoryBytes > how.memoryBytesMax) {
      const { memoryBytesMax } = how;
      const detail = doesNotFit(solver, question, { estimate: found, memoryBytesMax });
      throw new Failure("too_large", detail);
    }
  }
  const routeOf = (solver: Solver): Pick<Chosen, "route"> => {
    const route = estimates.find((each) => each.solver === solver)?.route;
    return route === undefined ? {} : { route };
  };
  if (asked !== "auto") {
    const own = estimates.find(({ solver }) => solver === asked);
    const reason = `${asked}${own === undefined ? "" : wayOf(own)}, as asked for`;
    return { solver: asked, reason, estimates, ...routeOf(asked) };
  }
  const fitting = estimates.filter(
    ({ solver, memoryBytes }) => solver === "weight_space" || memoryBytes <= how.memoryBytesMax,
  );
  const best = fitting.reduce((a, b) => (b.seconds < a.seconds ? b : a));
  const next = fitting
    .filter((each) => each !== best)
    .reduce<Estimate | null>((a, b) => (a === null || b.seconds < a.seconds ? b : a), null);
  const reason =
    next === null
      ? "the only solver that can compute it here"
      : `about ${shown(best.seconds)} s${wayOf(best)}, and ${shown(next.seconds)} s with ${next.solver}`;
  return { solver: best.solver, reason, estimates, ...routeOf(best.solver) };
}

const waysOfClosedForm: Readonly<Record<Route, string>> = {
  spectrum: "from the kernel's spectrum",
  kernel: "from Krylov spaces of the kernel",
  jacobian: "from Krylov spaces of the Jacobian, without the kernel",
  kernel_first: "from a Krylov space of the kernel, its spectrum if that does not do",
  jacobian_first: "from a Krylov space of the Jacobian, the kernel's spectrum if that does not do",
};

function wayOf({ solver, route }: Estimate): string {
  if (route === undefined || solver === "weight_space") return "";
  if (solver === "closed_form") return ` ${waysOfClosedForm[route]}`;
  return route === "kernel"
    ? " with the kernel"
    : " with products of the Jacobian, without the kernel";
}

const shown = (value: number): string => String(Number(value.toPrecision(2)));

/** What a solver needs, what it may have, and how many examples would fit. */
function doesNotFit(
  solver: Exclude<Solver, "weight_space">,
  question: SolverQuestion,
  { estimate, memoryBytesMax }: { estimate: Estimate | null; memoryBytesMax: number },
): string {
  const { task } = question;
  const needs =
    estimate === null
      ? "more than the factors of a kernel may take"
      : `about ${Math.ceil(estimate.memoryBytes / 1e6)} MB`;
  const fits = (count: number): boolean => {
    const smaller = { ...question, task: { ...task, train: firstOf(task.train, count) } };
    const found = dualEstimate(solver, smaller, memoryBytesMax);
    return found !== null && found.memoryBytes <= memoryBytesMax;
  };
  const most = largestThat(fits, countOf(task.train));
  const instead = most === 0 ? "" : `, or at most ${most} examples (now ${countOf(task.train)})`;
  return (
    `${solver} works on ${rowsOf(task)} rows of the kernel and needs ${needs}; ` +
    `${Math.floor(memoryBytesMax / 1e6)} MB are allowed. Use weight_space${instead}`
  );
}

/** The largest count below `end` that fits, where every smaller one does too; 0 when none does. */
export function largestThat(fits: (count: number) => boolean, end: number): number {
  let low = 0;
  let high = end;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (fits(middle)) low = middle;
    else high = middle;
  }
  return low;
}
