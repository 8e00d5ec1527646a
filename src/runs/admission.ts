/**
 * Whether a run can be: model, data set and settings must fit together, agree with themselves and
 * fit into memory. Refuses before anything is stored; each fault has its pointer and its remedy.
 */
import type { Dataset } from "#schemas/dataset.ts";
import type { Model } from "#schemas/model.ts";
import type { FieldError, ProblemCode } from "#schemas/problem.ts";
import type { RunSettings } from "#src/channel.ts";
import { Failure, failAt } from "#src/failure.ts";
import type { RunLimits } from "./context.ts";
import { contradictions } from "./contradictions.ts";
import { checkKernel, snapshotMisfits } from "./kernel-admission.ts";
import { batchOf, bytesText, estimateMemory, largestBatch, outputsOf } from "./memory.ts";

/** What is to be trained on what, and how. */
export interface Proposal {
  readonly model: Model;
  readonly dataset: Dataset;
  readonly settings: RunSettings;
}

/**
 * The bytes that a trainer is going to need, estimated. Throws `invalid_request`, `incompatible`,
 * `engine_unavailable` or `too_large`.
 */
export function admit(proposal: Proposal, limits: RunLimits): number {
  refuseAll("invalid_request", contradictions(proposal.settings));
  refuseAll("incompatible", misfits(proposal));
  const { engine } = proposal.settings;
  if (engine !== "auto" && !limits.engines.includes(engine)) {
    const text = `This service cannot run the engine "${engine}"; use ${oneOf(limits.engines)}.`;
    throw failAt("engine_unavailable", "/engine", text);
  }
  checkDevice(proposal.settings, limits);
  checkKernel(proposal, limits);
  return checkMemory(proposal, limits);
}

/** Without a list of GPUs the trainer finds out: a driver may be there that tells nothing. */
function checkDevice({ device }: RunSettings, { gpus }: RunLimits): void {
  const index = /^cuda:(\d+)$/.exec(device)?.[1];
  if (index === undefined || gpus.length === 0 || Number(index) < gpus.length) return;
  const there = gpus.map(({ name }, at) => `cuda:${at} (${name})`).join(", ");
  const text = `There is no device "${device}" here; this machine has ${there}.`;
  throw failAt("engine_unavailable", "/device", text);
}

function oneOf(words: readonly string[]): string {
  return ["auto", ...words].map((word) => `"${word}"`).join(" or ");
}

function refuseAll(code: ProblemCode, errors: readonly FieldError[]): void {
  const [first] = errors;
  if (first !== undefined) throw new Failure(code, first.detail, { errors });
}

function misfits(proposal: Proposal): readonly FieldError[] {
  return [...inputMisfits(proposal), ...outputMisfits(proposal), ...sizeMisfits(proposal)];
}

const shapeText = (shape: readonly number[]): string => `[${shape.join(", ")}]`;

/** A definition may be given another shape; a file has its own, but may be fed in another order. */
function remedyFor({ definition, inputs: [port] }: Model, dataset: Dataset): string {
  const has = dataset.input_shape;
  if (definition !== null) {
    return `Give the model "input": {"shape": ${shapeText(has)}}, or a data set of the model's shape.`;
  }
  const [channels = 0, ...space] = port?.shape ?? [];
  const isTurned = shapeText([...space, channels]) === shapeText(has);
  return isTurned
    ? "Import the file with input_layout=channels_last."
    : "Reshape the data set, or import the file with another input_shape.";
}

function inputMisfits({ model, dataset }: Proposal): readonly FieldError[] {
  const [port] = model.inputs;
  if (port === undefined || model.inputs.length > 1) {
    const detail = `The model has ${model.inputs.length} inputs; a run needs exactly one.`;
    return [{ pointer: "/model", detail }];
  }
  if (shapeText(port.shape) !== shapeText(dataset.input_shape)) {
    const has = shapeText(dataset.input_shape);
    const detail =
      `The model takes examples of shape ${shapeText(port.shape)}, the data set has ${has}. ` +
      remedyFor(model, dataset);
    return [{ pointer: "/dataset", detail }];
  }
  const tokens = dataset.splits.train.x.dtype === "int32";
  if (tokens === (port.dtype === "integer")) return [];
  const detail = tokens
    ? "The data set holds integer tokens, and the model takes real numbers."
    : "The model takes integer tokens, and the data set holds real numbers.";
  return [{ pointer: "/dataset", detail }];
}

function outputMisfits({ model, dataset, settings }: Proposal): readonly FieldError[] {
  const outputs = outputsOf(model);
  const { loss } = settings;
  if (dataset.task === "classification") {
    const classes = dataset.classes ?? 0;
    if (outputs === classes) return [];
    const detail = `The model has ${outputs} outputs and the data set ${classes} classes: end the model with ${classes} units.`;
    return [{ pointer: "/model", detail }];
  }
  if (loss === "softmax_cross_entropy") {
    const detail =
      "softmax_cross_entropy needs classes, and this data set has real targets: " +
      "use mean_squared_error.";
    return [{ pointer: "/loss", detail }];
  }
  const [, ...target] = dataset.splits.train.y.shape;
  const targets = target.reduce((product, length) => product * length, 1);
  if (outputs === targets) return [];
  const detail = `The model has ${outputs} outputs and the data set ${targets} targets for each example.`;
  return [{ pointer: "/model", detail }];
}

function sizeMisfits({ dataset, settings }: Proposal): readonly FieldError[] {
  const errors: FieldError[] = [];
  const { train } = dataset.splits;
  if (batchOf(settings, dataset) > train.examples) {
    const detail = `A batch of ${settings.batch_size} is more than the ${train.examples} training examples: use "full" or at most ${train.examples}.`;
    errors.push({ pointer: "/batch_size", detail });
  }
  return [...errors, ...snapshotMisfits(dataset, settings)];
}

function checkMemory({ model, dataset, settings }: Proposal, limits: RunLimits): number {
  const estimate = estimateMemory(model, dataset, settings);
  if (estimate.bytes <= limits.memoryBytesMax) return estimate.bytes;
  const fit = largestBatch(estimate, limits.memoryBytesMax);
  const parts = [
    `${bytesText(estimate.parameterBytes)} for ${model.parameters} parameters and what moves them`,
    `${bytesText(estimate.activationBytes)} for a batch of ${estimate.batch}`,
    `${bytesText(estimate.dataBytes)} for the data`,
    `${bytesText(estimate.kernelBytes)} for kernels`,
  ];
  const remedy =
    fit > 0 ? `The largest batch that fits is ${fit}.` : "No batch fits: use a smaller model.";
  const text =
    `The run needs about ${bytesText(estimate.bytes)} (${parts.join(", ")}) and may use ` +
    `${bytesText(limits.memoryBytesMax)}. ${remedy}`;
  throw failAt("too_large", fit > 0 ? "/batch_size" : "/model", text);
}
