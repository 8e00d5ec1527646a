/**
 * What follows from an assignment before anything is compiled: the task, whether its parts fit
 * together, the forms of descent, the plan, and how much may be reported. Pure.
 */
import type { Backend, Precision } from "#engine/backend.ts";
import type { Network } from "#engine/network.ts";
import { sizeOf } from "#engine/tensor.ts";
import type { Plan } from "#schemas/run.ts";
import type { Assignment } from "#src/channel.ts";
import { Failure } from "#src/failure.ts";
import { anchorReportsMax } from "./anchor-report.ts";
import type { ReportLimits } from "./anchors.ts";
import { partsFor } from "./descent/parts.ts";
import { reportsGradientNorm, type Task } from "./descent/step.ts";
import { columnsOf, countOf, type Examples, fitted } from "./examples.ts";
import type { FormQuestion } from "./forms.ts";
import { forwardFlops } from "./krylov-budget.ts";
import { checkTargets } from "./loss.ts";
import { optimizerSettings } from "./optimizer.ts";
import { formQuestion, planRun } from "./plan.ts";
import { gapExamplesMax } from "./probe.ts";
import { nominalSpeed, type Speed } from "./speed.ts";

export interface Prepared {
  readonly assignment: Assignment;
  readonly network: Network;
  readonly precision: Precision;
  /** Both splits, fitted to the network. */
  readonly examples: Examples;
  readonly task: Task;
  readonly forms: FormQuestion;
  readonly plan: Plan;
  readonly limits: ReportLimits;
  /** Training examples on which the largest eigenvalue is looked for. */
  readonly kernelExamples: number;
}

/** Where a run computes; speeds are nominal unless given. */
export interface Place extends Pick<Backend, "engine" | "device"> {
  readonly speed?: Speed | undefined;
}

/** Throws Failure `incompatible` or `too_large`. */
export function prepare(
  assignment: Assignment,
  given: { readonly network: Network; readonly examples: Examples },
  place: Place,
): Prepared {
  const { network } = given;
  const { settings, memoryBytesMax } = assignment;
  const train = fitted(given.examples.train, network);
  const test = fitted(given.examples.test, network);
  if (countOf(train) === 0) throw new Failure("incompatible", "there is no training example");
  const { classes } = given.examples;
  const outputs = sizeOf(network.outputShape);
  checkTargets(settings.loss, { classes, columns: columnsOf(train) }, outputs);
  checkCoupling(assignment, network);
  const optimizer = optimizerSettings(settings.optimizer);
  const parameters = network.parameters.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  const batchSize = settings.batch_size === "full" ? null : settings.batch_size;
  const batch = batchSize ?? countOf(train);
  const { engine, device, speed = nominalSpeed(place) } = place;
  const task: Task = {
    network,
    loss: settings.loss,
    optimizer,
    train,
    batchSize,
    gradientNorm: reportsGradientNorm(optimizer, { parameters, batch }),
    parts: partsFor(network, { batch, device }),
  };
  const question = { settings, task, test, engine, device, memoryBytesMax, speed };
  const asked = formQuestion(question);
  const plan = planRun(question, asked);
  const perExample = forwardFlops(network);
  const kernelExamples = kernelExamplesFor(perExample, countOf(train));
  return {
    assignment,
    network,
    precision: settings.dtype,
    examples: { train, test, classes },
    task,
    forms: asked.forms,
    plan,
    limits: limitsFor(plan.flops, perExample, kernelExamples),
    kernelExamples,
  };
}

/** Linearised training and kernels need outputs that follow from one example and the weights. */
function checkCoupling({ settings }: Assignment, { coupling }: Network): void {
  const isLinearised = settings.algorithm.type !== "standard";
  if (coupling.length === 0 || (!isLinearised && settings.snapshots === null)) return;
  const what = isLinearised ? "linearised training" : "kernel snapshots";
  throw new Failure("incompatible", `no ${what} of this network: ${coupling.join("; ")}`);
}

const kernelExamplesMax = 512;
const kernelExamplesMin = 64;
/** FLOPs of one product with the kernel; beyond, fewer examples are looked at. */
const productFlopsMax = 4e9;
/** A product is a forward pass, a vjp and a jvp: about five forward passes. */
const forwardsPerProduct = 5;

function kernelExamplesFor(perExample: number, examples: number): number {
  let count = kernelExamplesMax;
  while (count > kernelExamplesMin && forwardsPerProduct * perExample * count > productFlopsMax) {
    count /= 2;
  }
  return Math.min(count, examples);
}

/** Share of a run that its reports may cost, and what is always worth its price. */
const reportShare = 0.05;
const reportsMin = 32;
const productsTypical = 25;
const cheapEstimateFlops = 1e9;

/** How many reports a run of `flops` can bear. Depends on settings and sizes alone. */
function limitsFor(flops: number, perExample: number, kernelExamples: number): ReportLimits {
  const estimate = productsTypical * forwardsPerProduct * perExample * kernelExamples;
  const look = forwardsPerProduct * perExample * gapExamplesMax;
  const borne = (cost: number, least: number): number =>
    Math.min(anchorReportsMax, Math.max(least, Math.floor((reportShare * flops) / cost)));
  const reports = borne(look, reportsMin);
  const least = estimate <= cheapEstimateFlops ? reportsMin : 4;
  return { reports, lambdaMaxReports: Math.min(reports, borne(estimate, least)) };
}
