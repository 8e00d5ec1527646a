/**
 * A plan as an errand: what a run would take, and the largest stable rate from the kernel at its
 * initial weights. Trains nothing.
 */
import type { Backend } from "#engine/backend.ts";
import type { Network } from "#engine/network.ts";
import { sizeOf } from "#engine/tensor.ts";
import type { PlanAnswer } from "#schemas/plan.ts";
import { toFigure } from "#schemas/values.ts";
import type { Assignment } from "#src/channel.ts";
import type { Artifacts } from "#storage/artifacts.ts";
import { calibrated } from "./calibration.ts";
import type { Examples } from "./examples.ts";
import { linearisationsOf } from "./form-cost.ts";
import { placedOn } from "./place.ts";
import { type Prepared, prepare } from "./preparation.ts";
import { KernelProbe } from "./probe.ts";
import { peakFactor } from "./schedule.ts";
import type { LargestEigenvalue } from "./solve/lanczos.ts";
import type { Speed } from "./speed.ts";
import { stabilityOf, warningOf } from "./stability.ts";
import { startingState } from "./starting-state.ts";

export interface PlanPorts {
  readonly network: Network;
  readonly examples: Examples;
  readonly backend: Backend;
  readonly artifacts: Artifacts;
  readonly speed: Speed;
}

/** Failures: those of `prepare`. The assignment is one that was never begun. */
export async function planOf(assignment: Assignment, ports: PlanPorts): Promise<PlanAnswer> {
  const { network, backend } = ports;
  const prepared = prepare(assignment, ports, {
    engine: backend.engine,
    device: backend.device,
    speed: ports.speed,
  });
  const parameters = network.parameters.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  const base = {
    parameters,
    plan: await placedOn(prepared.plan, backend, prepared.precision),
    linearisations: linearisationsOf(assignment.settings),
  };
  const none = { lambda_max: null, rate_times_lambda_max: null, stable_learning_rate: null };
  if (network.coupling.length > 0) return { ...base, ...none, warning: null };
  const found = await lambdaMaxOf(prepared, ports);
  return { ...base, ...boundsOf(prepared, found) };
}

async function lambdaMaxOf(prepared: Prepared, ports: PlanPorts): Promise<LargestEigenvalue> {
  const { backend, network, artifacts } = ports;
  const { precision, task, examples, assignment, kernelExamples } = prepared;
  const start = await calibrated(prepared, await startingState(prepared, artifacts), backend);
  const options = { backend, precision, network, loss: task.loss, train: examples.train };
  await using probe = new KernelProbe(options, kernelExamples);
  return await probe.lambdaMax(start.state.descent.weights, assignment.settings.seed);
}

function boundsOf({ task, assignment }: Prepared, found: LargestEigenvalue) {
  const lambdaMax = found.value;
  const { steps } = assignment.settings;
  const { schedule, learningRate } = task.optimizer;
  const rate = learningRate * peakFactor({ schedule, steps }, 0, steps);
  const isLinear = assignment.settings.algorithm.type === "linearised";
  const stability = stabilityOf({ ...task, lambdaMax, rate, phaseSteps: isLinear ? steps : 1 });
  const figure = (value: number | undefined) => (value === undefined ? null : toFigure(value));
  return {
    lambda_max: toFigure(lambdaMax),
    rate_times_lambda_max: figure(stability?.rateTimesLambdaMax),
    stable_learning_rate: figure(stability?.stableLearningRate),
    warning: warningOf(found, stability),
  };
}
