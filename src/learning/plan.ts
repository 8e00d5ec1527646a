/**
 * What a run will cost and how it will be computed, before it starts: the solver of its linear
 * phases, FLOPs, memory and seconds, and those of the other ways. Measures nothing.
 */
import type { Plan } from "#schemas/run.ts";
import { Failure } from "#src/failure.ts";
import type { Form } from "./descent/descent.ts";
import type { AnyForm } from "./descent/surface.ts";
import { gaussNewtonEstimate, iterationsWorthFor } from "./dual-cost.ts";
import { countOf } from "./examples.ts";
import { baseBytes, costIn, linearisationsOf, memoryOf, type PlanQuestion } from "./form-cost.ts";
import { type FormQuestion, fitsFactorised, formAt, primalsOf } from "./forms.ts";
import { sizesOf } from "./krylov-budget.ts";
import { type Chosen, chooseSolver, type Estimate, largestThat } from "./solvers.ts";

const linearised = { type: "linearised", resets: false } as const;

/** What formAt needs to know, memory and the solver of linear phases included. */
export function formQuestion(question: PlanQuestion): {
  forms: FormQuestion;
  chosen: Chosen | null;
} {
  const { settings, task, memoryBytesMax } = question;
  const { algorithm, steps } = settings;
  const base = {
    algorithm,
    period: algorithm.type === "linearised" ? algorithm.period : null,
    steps,
    examples: countOf(task.train),
    batchSize: task.batchSize,
    ...sizesOf(task.network, countOf(task.train)),
  };
  if (algorithm.type === "gauss_newton" && fitsFactorised(base.rows)) {
    const forms = { ...base, fitsKept: false, iterationsWorth: iterationsWorthFor(task) };
    return { forms, chosen: null };
  }
  if (algorithm.type !== "linearised" || task.network.coupling.length > 0) {
    return { forms: { ...base, fitsKept: false }, chosen: null };
  }
  const kept = { ...linearised, anchor: "invariant", keepsPrimals: true } as const;
  const fitsKept =
    task.batchSize !== null && memoryOf(question, costIn(question, kept)) <= memoryBytesMax;
  const forms = { ...base, fitsKept };
  const chosen = chosenSolver(question, forms);
  if (chosen === null) return { forms, chosen };
  const { solver: name, reason, route } = chosen;
  const solver = { name, reason, ...(route === undefined ? {} : { route }) };
  return { forms: { ...forms, solver }, chosen };
}

/** The solver of linear phases; null where there are none. */
function chosenSolver(question: PlanQuestion, forms: FormQuestion): Chosen | null {
  const { settings, task, speed, memoryBytesMax } = question;
  const { algorithm } = settings;
  if (algorithm.type !== "linearised") return null;
  const first = formAt(forms, 0);
  const linear = first.form.type === "standard" ? formAt(forms, first.until) : first;
  const from = first.form.type === "standard" ? first.until : 0;
  if (linear.form.type !== "linearised" || from >= settings.steps) return null;
  const steps = settings.steps - from;
  const phases = Math.max(1, linearisationsOf(settings) - from);
  const cost = costIn(question, linear.form);
  const weightSpace: Estimate = {
    solver: "weight_space",
    seconds: cost.stepSeconds * steps + cost.anchorSeconds * phases,
    flops: cost.step * steps + cost.anchor * phases,
    memoryBytes: memoryOf(question, cost),
  };
  return chooseSolver(
    algorithm.solver ?? "auto",
    { task, settings, speed, steps, phases, baseBytes: baseBytes(question) },
    { weightSpace, memoryBytesMax },
  );
}

/** Other ways of computing the same run, with their costs. */
function alternatives(
  question: PlanQuestion,
  main: AnyForm,
  chosen: Chosen | null,
): Plan["alternatives"] {
  const { settings, task } = question;
  if (settings.algorithm.type !== "linearised") return [];
  const forms: readonly (readonly [string, Form])[] = [
    ["weight_space, primals recomputed", { ...linearised, anchor: "carried", keepsPrimals: false }],
    [
      "weight_space, primals kept",
      { ...linearised, anchor: "invariant", keepsPrimals: task.batchSize !== null },
    ],
  ];
  const own = primalsOf(main, task.batchSize);
  const phases = linearisationsOf(settings);
  const inWeights = forms
    .filter(([, form]) => primalsOf(form, task.batchSize) !== own)
    .map(([solver, form]) => {
      const cost = costIn(question, form);
      return {
        solver,
        flops: cost.step * settings.steps + cost.anchor * phases,
        memory_bytes: memoryOf(question, cost),
        seconds: cost.stepSeconds * settings.steps + cost.anchorSeconds * phases,
      };
    });
  const dual = (chosen?.estimates ?? [])
    .filter(({ solver }) => solver !== "weight_space" && solver !== chosen?.solver)
    .map(({ solver, flops, memoryBytes, seconds }) => ({
      solver,
      flops,
      memory_bytes: Math.ceil(memoryBytes),
      seconds,
    }));
  return [...inWeights, ...dual];
}

/** What the forms of a run take, one after the other. */
function totalOf(question: PlanQuestion, parts: readonly Part[], chosen: Chosen | null) {
  const total = { flops: 0, seconds: 0, memory: 0 };
  const phases = linearisationsOf(question.settings);
  for (const { form, steps } of parts) {
    if (form.type === "standard" || form.type === "linearised") {
      const cost = costIn(question, form);
      const anchors = form.type === "linearised" ? phases : 0;
      total.flops += cost.step * steps + cost.anchor * anchors;
      total.seconds += cost.stepSeconds * steps + cost.anchorSeconds * anchors;
      total.memory = Math.max(total.memory, memoryOf(question, cost));
    } else if (form.type === "gauss_newton") {
      const found = gaussNewtonEstimate(form, { ...question, baseBytes: baseBytes(question) });
      total.flops += found.flops * steps;
      total.seconds += found.seconds * steps;
      total.memory = Math.max(total.memory, Math.ceil(found.memoryBytes));
    } else {
      const found = chosen?.estimates.find(({ solver }) => solver === form.type);
      total.flops += found?.flops ?? 0;
      total.seconds += found?.seconds ?? 0;
      total.memory = Math.max(total.memory, Math.ceil(found?.memoryBytes ?? 0));
    }
  }
  return total;
}

interface Part {
  readonly form: AnyForm;
  readonly steps: number;
}

/** The plan of a run. Failure `too_large` when it needs more memory than it may have. */
export function planRun(
  question: PlanQuestion,
  { forms, chosen }: { readonly forms: FormQuestion; readonly chosen: Chosen | null },
): Plan {
  const { settings, task, engine, device, memoryBytesMax } = question;
  const first = formAt(forms, 0);
  const firstSteps = Math.min(first.until, settings.steps);
  const later = first.until < settings.steps ? formAt(forms, first.until) : null;
  const parts: readonly Part[] = [
    { form: first.form, steps: firstSteps },
    ...(later === null ? [] : [{ form: later.form, steps: settings.steps - firstSteps }]),
  ];
  const total = totalOf(question, parts, chosen);
  if (total.memory > memoryBytesMax) {
    throw new Failure("too_large", tooLarge(question, total.memory, first.form));
  }
  const main = later ?? first;
  return {
    solver: main.form.type === "linearised" ? "weight_space" : main.form.type,
    reason:
      later === null ? first.reason : `${first.reason}; from step ${first.until}: ${later.reason}`,
    engine,
    device,
    flops: total.flops,
    seconds: total.seconds,
    memory_bytes: total.memory,
    primals: primalsOf(main.form, task.batchSize),
    alternatives: alternatives(question, main.form, chosen),
  };
}

/** What a run needs, what it may have, and the largest batch that would fit. */
function tooLarge(question: PlanQuestion, bytes: number, form: AnyForm): string {
  const { memoryBytesMax, task } = question;
  const needs = `the run needs about ${megabytes(bytes)} MB and may use ${megabytes(memoryBytesMax)} MB; `;
  const batch =
    form.type === "standard" || form.type === "linearised" ? largestBatch(question, form) : 0;
  if (batch === 0) return `${needs}no batch would fit: choose a smaller model or data set`;
  const now = task.batchSize ?? "full";
  return `${needs}it would with a batch_size of at most ${batch} (now ${now})`;
}

/** The largest batch whose steps fit; 0 when none does. */
function largestBatch(question: PlanQuestion, form: Form): number {
  const { task, memoryBytesMax } = question;
  const plain = form.type === "linearised" ? { ...form, keepsPrimals: false } : form;
  const fits = (batchSize: number): boolean => {
    const smaller = { ...question, task: { ...task, batchSize } };
    return memoryOf(smaller, costIn(smaller, plain)) <= memoryBytesMax;
  };
  return largestThat(fits, (task.batchSize ?? countOf(task.train)) + 1);
}

const megabytes = (bytes: number): number => Math.ceil(bytes / 1e6);
