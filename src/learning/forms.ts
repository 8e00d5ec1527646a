/**
 * Which form of descent computes the steps of a phase: standard, or linearised with its anchor
 * inside or outside the program, with primals kept or not. Decided from settings and sizes alone,
 * since a form decides the last bits of a result.
 */
import type { Algorithm, Period } from "#schemas/algorithm.ts";
import { anchorSequence, looksOf } from "./anchors.ts";
import { closedFormEvery } from "./closed-form-cost.ts";
import type { AnyForm, GaussNewtonForm, Route } from "./descent/surface.ts";
import { krylovVectorsMax } from "./krylov-budget.ts";
import type { Solver } from "./solvers.ts";

export interface FormQuestion {
  readonly algorithm: Algorithm;
  /** The period in force; settings' own unless steered. */
  readonly period: Period | null;
  /** T. */
  readonly steps: number;
  /** N. */
  readonly examples: number;
  /** B, or null for full batches. */
  readonly batchSize: number | null;
  /** Whether kept primals fit in memory. */
  readonly fitsKept: boolean;
  /** N · O, the rows of the kernel. */
  readonly rows?: number;
  /** Contraction FLOPs of a forward pass of all examples. */
  readonly forwardFlops?: number;
  /** Iterations of conjugate gradients that take no longer than factorising the kernel. */
  readonly iterationsWorth?: number;
  /** What computes linear phases; weight space unless given. */
  readonly solver?: { readonly name: Solver; readonly reason: string; readonly route?: Route };
}

/**
 * Mean steps between linearisations below which θ_s moves inside the program: a call of its own
 * costs about as much as choosing the anchor anew at each of so many steps.
 */
const shortGap = { miniBatch: 8, fullBatch: 2 } as const;
/** Epochs of a phase from which keeping primals pays: the first one only fills them. */
const keptEpochsMin = 2;

export interface FormChoice {
  readonly form: AnyForm;
  readonly reason: string;
  /** Step at which another form takes over; Infinity when none does. */
  readonly until: number;
}

function meanGap(period: Period, steps: number): number {
  if (typeof period === "number") return period;
  const looks = looksOf(period);
  if (looks !== null) return looks.every;
  return steps / anchorSequence(period, { steps, from: 0, last: null }).count;
}

/** Steps of the longest phase that a period makes; of an adaptive one, those between its looks. */
export function horizonOf(period: Period, steps: number): number {
  if (typeof period === "number") return Math.min(period, steps);
  if (typeof period === "object" && "every_step_until" in period) {
    return Math.max(1, steps - period.every_step_until);
  }
  const looks = looksOf(period);
  if (looks !== null) return Math.min(looks.every, steps);
  const sequence = anchorSequence(period, { steps, from: 0, last: null });
  let longest = 1;
  for (let index = 0; sequence.stepOf(index) < steps; index += 1) {
    const next = Math.min(steps, sequence.stepOf(index + 1));
    longest = Math.max(longest, next - sequence.stepOf(index));
  }
  return longest;
}

const endless = { until: Number.POSITIVE_INFINITY };

/** The form for the steps from `step` on. */
export function formAt(question: FormQuestion, step: number): FormChoice {
  const { algorithm, period, steps } = question;
  if (algorithm.type === "gauss_newton") {
    const form = gaussNewtonForm(algorithm, question);
    const otherwise = form.fallsBack ? ", with the kernel where that does not converge" : "";
    const reason = `each linear problem is solved by ${form.solver}${otherwise}`;
    return { form, reason, ...endless };
  }
  if (algorithm.type === "standard" || period === null) {
    const form = { type: "standard", trailing: false, resets: false } as const;
    return { form, reason: "ordinary training", ...endless };
  }
  const resets = algorithm.optimizer_state === "reset";
  const isEvery = typeof period === "object" && "every_step_until" in period;
  const untilEvery = isEvery ? period.every_step_until + 1 : 0;
  const everyStep = period === 1 || step < untilEvery;
  if (everyStep && algorithm.solver !== "weight_space") {
    return {
      form: { type: "standard", trailing: true, resets },
      reason: "linearised at every step, the linear model is the network: ordinary steps",
      until: isEvery ? untilEvery : Number.POSITIVE_INFINITY,
    };
  }
  if (everyStep) {
    const form = { type: "linearised", anchor: "carried", resets, keepsPrimals: false } as const;
    return { form, reason: "asked for", until: isEvery ? untilEvery : Number.POSITIVE_INFINITY };
  }
  const { name = "weight_space", reason = "" } = question.solver ?? {};
  if (name === "function_space") {
    const route = question.solver?.route === "jacobian" ? "jacobian" : "kernel";
    return { form: { type: name, route, resets }, reason, ...endless };
  }
  if (name === "closed_form") {
    const { route = "spectrum" } = question.solver ?? {};
    const every = closedFormEvery(steps);
    const horizon = horizonOf(period, steps);
    const { rows = 0, forwardFlops = 0 } = question;
    const vectorsMax = krylovVectorsMax(route, { rows, forwardFlops });
    const form = { type: name, resets, every, route, horizon, vectorsMax } as const;
    return { form, reason, ...endless };
  }
  const gap = isEvery ? steps - untilEvery : meanGap(period, steps);
  return { ...linearisedForm(question, gap, resets), ...endless };
}

/** Rows of the largest kernel that is factorised in each step: seconds in TypeScript. */
const factorisedRowsMax = 1500;
export const fitsFactorised = (rows: number): boolean => rows <= factorisedRowsMax;
/** Iterations that conjugate gradients are given at least where they are tried first. */
const iterationsLeast = 32;
const iterationsUsual = 200;

type GaussNewton = Extract<Algorithm, { type: "gauss_newton" }>;

function gaussNewtonForm(
  algorithm: GaussNewton,
  { rows = 0, iterationsWorth = 0 }: FormQuestion,
): GaussNewtonForm {
  const { damping = 0.01, solver: asked = "auto", cg = {} } = algorithm;
  const fits = fitsFactorised(rows);
  const isAuto = asked === "auto";
  // Without damping the kernel's null directions are left out, which takes its spectrum.
  const triesFirst = isAuto && fits && damping !== 0 && iterationsWorth >= iterationsLeast;
  const usual = fits && !triesFirst ? "function_space" : "cg";
  const iterations = cg.iterations ?? iterationsUsual;
  return {
    type: "gauss_newton",
    damping,
    solver: isAuto ? usual : asked,
    fallsBack: triesFirst,
    iterationsMax: triesFirst ? Math.min(iterations, iterationsWorth) : iterations,
    tolerance: cg.tolerance ?? 1e-6,
    lineSearch: algorithm.line_search ?? true,
    resets: false,
  };
}

function linearisedForm(
  question: FormQuestion,
  gap: number,
  resets: boolean,
): Pick<FormChoice, "form" | "reason"> {
  const { algorithm, batchSize, examples, fitsKept } = question;
  const wish = algorithm.type === "linearised" ? (algorithm.primals ?? "auto") : "auto";
  const base = { type: "linearised", resets } as const;
  const carried = { ...base, anchor: "carried", keepsPrimals: false } as const;
  const invariant = { ...base, anchor: "invariant", keepsPrimals: false } as const;
  if (batchSize === null) {
    if (wish === "recompute") return { form: carried, reason: "primals recomputed, as asked for" };
    return wish !== "keep" && gap < shortGap.fullBatch
      ? { form: carried, reason: "phases of few steps run inside one program" }
      : { form: invariant, reason: "full batches: the anchor's forward pass once a call" };
  }
  const pays = gap * batchSize >= keptEpochsMin * examples;
  if (wish === "keep" || (wish === "auto" && pays && fitsKept)) {
    const reason = wish === "keep" ? "primals kept, as asked for" : "examples recur in a phase";
    return { form: { ...invariant, keepsPrimals: true }, reason };
  }
  if (gap < shortGap.miniBatch) {
    return { form: carried, reason: "phases of few steps run inside one program" };
  }
  const why = pays ? "kept primals do not fit in memory" : "examples do not recur within a phase";
  return { form: invariant, reason: wish === "recompute" ? "as asked for" : why };
}

/** Whether two forms are the same program. */
export function isSameForm(a: AnyForm, b: AnyForm): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** Whether steps of a form work on kept values of the anchor, for the plan. */
export function primalsOf(form: AnyForm, batchSize: number | null): "keep" | "recompute" | null {
  if (form.type !== "linearised") return null;
  const hoisted = batchSize === null && form.anchor === "invariant";
  return form.keepsPrimals || hoisted ? "keep" : "recompute";
}
