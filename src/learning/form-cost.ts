/**
 * What the steps of a form in weight space take, from its own graph: FLOPs, memory and, at a
 * device's speed, seconds. Chooses nothing.
 */
import type { Precision, Program } from "#engine/backend.ts";
import { countFlops } from "#engine/graph/flops.ts";
import { bytesOfNode, peakBytes } from "#engine/graph/memory.ts";
import { programOutputs } from "#engine/graph/program.ts";
import { simplify } from "#engine/graph/simplify.ts";
import { dependsOn } from "#engine/graph/walk.ts";
import type { Node } from "#engine/ops/operations.ts";
import { bytesOf, sizeOf } from "#engine/tensor.ts";
import type { RunSettings } from "#src/channel.ts";
import { anchorSequence, looksOf } from "./anchors.ts";
import type { Form } from "./descent/descent.ts";
import { linearisedParts, linearisedProgram } from "./descent/linearised.ts";
import { keepPrimals } from "./descent/residuals.ts";
import { standardProgram } from "./descent/standard.ts";
import type { Task } from "./descent/step.ts";
import { countOf, type Split } from "./examples.ts";
import { programSeconds, type Speed } from "./speed.ts";

/** Cost of one form. */
export interface FormCost {
  /** Contraction FLOPs of a step. */
  readonly step: number;
  /** Contraction FLOPs of a linearisation. */
  readonly anchor: number;
  /** Bytes of constants, carried values and the step's own values at their peak. */
  readonly bytes: number;
  /** Seconds of a step, and of what a linearisation begins with. */
  readonly stepSeconds: number;
  readonly anchorSeconds: number;
}

/** Memory of a process that holds nothing yet: the runtime and a native engine. */
const processBytes = 150 * 1024 ** 2;
/** Copies of the weights that are held at once at a checkpoint, probes and evaluation included. */
const weightCopies = { standard: 9, linearised: 18, gauss_newton: 18 } as const;
/** What a native allocator holds beyond what is alive. */
const arenaShare = 1.3;

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

export interface CostHow {
  readonly precision: Precision;
  readonly speed: Speed;
}

/** Costs of the steps of a form, from its simplified graph. */
export function costOf(task: Task, form: Form, how: CostHow): FormCost {
  const { precision, speed } = how;
  const whole = programOf(task, form);
  const keeps = form.type === "linearised" && form.keepsPrimals;
  const kept = keeps ? keepPrimals(whole, countOf(task.train)) : null;
  const program = kept?.step ?? whole;
  const outputs = simplify(programOutputs(program));
  const hoisted = countFlops(steady(outputs, program)).contraction;
  const double = program.carried.reduce((sum, { input }) => sum + bytesOfNode(input, precision), 0);
  const parts = form.type === "standard" ? (task.parts ?? 1) : linearisedParts(task, form);
  const block = (task.batchSize ?? 1) / parts;
  const blocks = kept === null ? 0 : Math.ceil(countOf(task.train) / block);
  const filling =
    kept === null ? 0 : countFlops(simplify(programOutputs(kept.primals))).contraction;
  const seconds = programSeconds(program, speed, precision);
  const fillingSeconds = kept === null ? 0 : programSeconds(kept.primals, speed, precision).step;
  return {
    stepSeconds: parts * seconds.step,
    anchorSeconds: seconds.call + blocks * fillingSeconds,
    step: parts * (countFlops(outputs).contraction - hoisted),
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
  readonly speed: Speed;
}

function splitBytes({ x, y }: Split): number {
  return [x, y].reduce((sum, { shape, dtype }) => sum + sizeOf(shape) * bytesOf[dtype], 0);
}

/** What every solver holds: the host's copy of the data, evaluation's, and copies of weights. */
export function baseBytes({ task, test, settings }: PlanQuestion): number {
  const weights = task.network.parameters.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  const data = 2 * (splitBytes(task.train) + splitBytes(test));
  const copies = weightCopies[settings.algorithm.type];
  return processBytes + data + copies * weights * bytesOf[settings.dtype];
}

/** Memory of the whole trainer while it runs a form. */
export function memoryOf(question: PlanQuestion, cost: FormCost): number {
  return Math.ceil(baseBytes(question) + arenaShare * cost.bytes);
}

/** Linearisations of the whole run; for an adaptive period, as many as there are looks. */
export function linearisationsOf({ algorithm, steps }: RunSettings): number {
  if (algorithm.type === "standard") return 0;
  if (algorithm.type === "gauss_newton") return steps;
  const { period } = algorithm;
  const looks = looksOf(period);
  if (looks !== null) return Math.ceil(steps / looks.every);
  return anchorSequence(period, { steps, from: 0, last: null }).count;
}

/** Of a question's own task. */
export const costIn = ({ task, settings, speed }: PlanQuestion, form: Form): FormCost =>
  costOf(task, form, { precision: settings.dtype, speed });
