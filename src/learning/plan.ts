/**
 * What a run will cost and how it will be computed, before it starts: FLOPs and memory of each form
 * of descent from its own graph. Measures nothing.
 */
import type { Precision, Program } from "#engine/backend.ts";
import { countFlops } from "#engine/graph/flops.ts";
import { bytesOfNode, peakBytes } from "#engine/graph/memory.ts";
import { programOutputs } from "#engine/graph/program.ts";
import { simplify } from "#engine/graph/simplify.ts";
import { dependsOn } from "#engine/graph/walk.ts";
import type { Node } from "#engine/ops/operations.ts";
import { bytesOf, sizeOf } from "#engine/tensor.ts";
import type { Plan } from "#schemas/run.ts";
import type { RunSettings } from "#src/channel.ts";
import { Failure } from "#src/failure.ts";
import { anchorSequence, looksOf } from "./anchors.ts";
import type { Form } from "./descent/descent.ts";
import { linearisedProgram } from "./descent/linearised.ts";
import { keepPrimals } from "./descent/residuals.ts";
import { standardProgram } from "./descent/standard.ts";
import type { Task } from "./descent/step.ts";
import { countOf, type Split } from "./examples.ts";
import { type FormQuestion, formAt, primalsOf } from "./forms.ts";

/** Cost of one form. */
export interface FormCost {
  /** Contraction FLOPs of a step. */
  readonly step: number;
  /** Contraction FLOPs of a linearisation. */
  readonly anchor: number;
  /** Bytes of constants, carried values and the step's own values at their peak. */
  readonly bytes: number;
}

/** Memory of a process that holds nothing yet: the runtime and a native engine. */
const processBytes = 96 * 1024 ** 2;

function programOf(task: Task, form: Form): Program {
  return form.type === "standard" ? standardProgram(task, form) : linearisedProgram(task, form);
}

/** Values that do not change from step to step, where something that does reads them. */
function steady(outputs: readonly Node[], program: Program): Node[] {
  const moving = dependsOn(
    outputs,
    new Set<Node>([...program.carried.map(({ input }) => input), ...program.scanned]),
  );
  return [...new Set([...moving].flatMap(({ inputs }) => inputs))].filter((it) => !moving.has(it));
}

/** Costs of the steps of a form, from its simplified graph. */
export function costOf(task: Task, form: Form, precision: Precision): FormCost {
  const whole = programOf(task, form);
  const keeps = form.type === "linearised" && form.keepsPrimals;
  const kept = keeps ? keepPrimals(whole, countOf(task.train)) : null;
  const program = kept?.step ?? whole;
  const outputs = simplify(programOutputs(program));
  const hoisted = countFlops(steady(outputs, program)).contraction;
  const double = program.carried.reduce((sum, { input }) => sum + bytesOfNode(input, precision), 0);
  const blocks = kept === null ? 0 : Math.ceil(countOf(task.train) / (task.batchSize ?? 1));
  const filling =
    kept === null ? 0 : countFlops(simplify(programOutputs(kept.primals))).contraction;
  return {
    step: countFlops(outputs).contraction - hoisted,
    anchor: hoisted + blocks * filling,
    bytes: peakBytes(outputs, precision) + double,
  };
}

export interface PlanQuestion {
  readonly settings: RunSettings;
  readonly task: Task;
  readonly test: Split;
  readonly engine: string;
  readonly device: string;
  readonly memoryBytesMax: number;
}

function splitBytes({ x, y }: Split): number {
  return [x, y].reduce((sum, { shape, dtype }) => sum + sizeOf(shape) * bytesOf[dtype], 0);
}

/** Memory of the whole trainer while it runs a form. */
function memoryOf(question: PlanQuestion, cost: FormCost): number {
  const { task, test, settings } = question;
  const weights = task.network.parameters.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  // The host's copy of the data, evaluation's, and θ, θ_s, θ₀ on the host.
  const data = 2 * (splitBytes(task.train) + splitBytes(test));
  return processBytes + cost.bytes + data + 3 * weights * bytesOf[settings.dtype];
}

/** Linearisations of the whole run; for an adaptive period, as many as there are looks. */
export function linearisationsOf({ algorithm, steps }: RunSettings): number {
  if (algorithm.type === "standard") return 0;
  const { period } = algorithm;
  const looks = looksOf(period);
  if (looks !== null) return Math.ceil(steps / looks.every);
  return anchorSequence(period, { steps, from: 0, last: null }).count;
}

/** What formAt needs to know, memory included. */
export function formQuestion(question: PlanQuestion): FormQuestion {
  const { settings, task, memoryBytesMax } = question;
  const { algorithm, steps } = settings;
  const base = {
    algorithm,
    period: algorithm.type === "linearised" ? algorithm.period : null,
    steps,
    examples: countOf(task.train),
    batchSize: task.batchSize,
  };
  if (
    algorithm.type === "standard" ||
    task.batchSize === null ||
    task.network.coupling.length > 0
  ) {
    return { ...base, fitsKept: false };
  }
  const kept = {
    type: "linearised",
    anchor: "invariant",
    resets: false,
    keepsPrimals: true,
  } as const;
  const bytes = memoryOf(question, costOf(task, kept, settings.dtype));
  return { ...base, fitsKept: bytes <= memoryBytesMax };
}

function wholeFlops(cost: FormCost, settings: RunSettings, steps = settings.steps): number {
  return cost.step * steps + cost.anchor * Math.max(linearisationsOf(settings), 0);
}

/** Other ways of computing the same run, with their costs. */
function alternatives(question: PlanQuestion, chosen: Form): Plan["alternatives"] {
  const { settings, task } = question;
  if (settings.algorithm.type === "standard") return [];
  const base = { type: "linearised", resets: false } as const;
  const forms: readonly (readonly [string, Form])[] = [
    ["weight_space, primals recomputed", { ...base, anchor: "carried", keepsPrimals: false }],
    [
      "weight_space, primals kept",
      { ...base, anchor: "invariant", keepsPrimals: task.batchSize !== null },
    ],
  ];
  const own = primalsOf(chosen, task.batchSize);
  return forms
    .filter(([, form]) => primalsOf(form, task.batchSize) !== own)
    .map(([solver, form]) => {
      const cost = costOf(task, form, settings.dtype);
      const memory_bytes = memoryOf(question, cost);
      return { solver, flops: wholeFlops(cost, settings), memory_bytes };
    });
}

/** The plan of a run. Failure `too_large` when it needs more memory than it may have. */
export function planRun(question: PlanQuestion, forms: FormQuestion): Plan {
  const { settings, task, engine, device, memoryBytesMax } = question;
  const first = formAt(forms, 0);
  const later = first.until < settings.steps ? formAt(forms, first.until) : null;
  const costs = [first, later].flatMap((choice) =>
    choice === null ? [] : [costOf(task, choice.form, settings.dtype)],
  );
  const [cost, laterCost] = costs as [FormCost, FormCost | undefined];
  const firstSteps = Math.min(first.until, settings.steps);
  const memory = Math.max(...costs.map((each) => memoryOf(question, each)));
  if (memory > memoryBytesMax) {
    throw new Failure(
      "too_large",
      `the run needs about ${megabytes(memory)} MB and may use ${megabytes(memoryBytesMax)} MB; ` +
        "lower batch_size, or choose a smaller model or data set",
    );
  }
  const main = later ?? first;
  return {
    solver: main.form.type === "standard" ? "standard" : "weight_space",
    reason:
      later === null ? first.reason : `${first.reason}; from step ${first.until}: ${later.reason}`,
    engine,
    device,
    flops:
      wholeFlops(cost, settings, firstSteps) +
      (laterCost === undefined ? 0 : laterCost.step * (settings.steps - firstSteps)),
    memory_bytes: memory,
    primals: primalsOf(main.form, task.batchSize),
    alternatives: alternatives(question, main.form),
  };
}

const megabytes = (bytes: number): number => Math.ceil(bytes / 1e6);
