/**
 * What requests do to one-off kernels: submit, delete. What is asked for is checked here and
 * stored; the worker has a child compute it.
 */

import { bytesOf, sizeOf, tensor } from "#engine/tensor.ts";
import { writeSafetensors } from "#formats/safetensors.ts";
import { storedRun } from "#runs/apply.ts";
import { type RunContext, timeOf } from "#runs/context.ts";
import { flattened } from "#runs/inputs.ts";
import { bytesText, outputsOf } from "#runs/memory.ts";
import { checkpointFor } from "#runs/predict.ts";
import type { Checkpoint } from "#schemas/checkpoint.ts";
import { regressionRowsMax } from "#schemas/kernel.ts";
import type { Model } from "#schemas/model.ts";
import type { Ntk, NtkExamples, NtkRequest, ShownExamples } from "#schemas/ntk.ts";
import { refuseFullStorage } from "#src/access/quota.ts";
import type { KernelExamples } from "#src/channel.ts";
import { Failure, failAt } from "#src/failure.ts";
import { newId } from "#src/ids.ts";
import type { Artifacts } from "#storage/artifacts.ts";
import type { NtkRecord, Reader, Writer } from "#storage/store.ts";

/** Kernels that may wait or be under way. */
export const ntksOpenMax = 1000;
/** Wakes the worker. */
export const kernelTopic = "kernels";

const examplesUsual = 64;
const inputsBytesMax = 1024 ** 3;

export interface KernelContext extends RunContext {
  readonly artifacts: Artifacts;
}

/** What a command may be asked to do in its own transaction, such as storing its answer. */
export interface AlongsideNtk {
  readonly alongside?: (writer: Writer, ntk: Ntk) => Promise<void>;
}

/** Whose kernel, at which weights. */
interface Subject {
  readonly model: Model;
  readonly run: string | null;
  readonly seed: number | null;
  readonly checkpoint: Checkpoint | null;
  /** The run's own, where examples name none. */
  readonly dataset: string | null;
}

interface ExampleSet {
  readonly shown: ShownExamples;
  readonly examples: KernelExamples;
}

/**
 * A one-off kernel, queued. Failures: `invalid_request`, `incompatible`, `no_checkpoint`,
 * `not_found`, `too_large`, each at its field, and `queue_full`.
 */
export async function submitNtk(
  context: KernelContext,
  request: NtkRequest,
  { alongside }: AlongsideNtk = {},
): Promise<Ntk> {
  const { store, wakeups, now } = context;
  const subject = await store.read((reader) => subjectOf(reader, request));
  const first = await exampleSet(context, subject, { given: request.first, at: "/first" });
  const second =
    request.second === undefined
      ? null
      : await exampleSet(context, subject, { given: request.second, at: "/second" });
  const ntk = draftOf({ request, subject, first, second, nowIso: timeOf(now()), id: newId("ntk") });
  checkSize(ntk, context);
  checkRegression(ntk);
  const record: NtkRecord = {
    ntk,
    first: first.examples,
    second: second?.examples ?? null,
    weights: subject.checkpoint?.digest ?? null,
    attempts: 0,
  };
  await store.write(async (writer) => {
    await refuseFullStorage(writer, context.limits);
    await writer.alone("kernels");
    if ((await writer.openNtks(ntksOpenMax)).length >= ntksOpenMax) {
      const text = `${ntksOpenMax} kernels wait already; try again later.`;
      throw new Failure("queue_full", text, { retryAfterSeconds: 30 });
    }
    await writer.insertNtk(record);
    await alongside?.(writer, ntk);
  });
  wakeups.wake(kernelTopic);
  return ntk;
}

async function subjectOf(reader: Reader, request: NtkRequest): Promise<Subject> {
  const { model: modelId, run: runId, checkpoint, seed } = request;
  if ((modelId === undefined) === (runId === undefined)) {
    throw failAt("invalid_request", "", "Name either a model or a run.");
  }
  if (runId === undefined) {
    if (checkpoint !== undefined) {
      throw failAt("invalid_request", "/checkpoint", "A checkpoint belongs to a run: name it.");
    }
    const model = await modelOf(reader, modelId ?? "", "/model");
    return { model, run: null, seed: seed ?? 0, checkpoint: null, dataset: null };
  }
  if (seed !== undefined) {
    throw failAt("invalid_request", "/seed", "A run has weights of its own: leave the seed out.");
  }
  const { run } = await storedRun(reader, runId).catch((error: unknown) => {
    if (!(error instanceof Failure)) throw error;
    throw failAt("incompatible", "/run", error.message);
  });
  const model = await modelOf(reader, run.model, "/run");
  const found = await checkpointFor(reader, runId, checkpoint);
  return { model, run: runId, seed: null, checkpoint: found, dataset: run.dataset };
}

async function modelOf(reader: Reader, id: string, at: string): Promise<Model> {
  const model = await reader.model(id);
  if (model === undefined) throw failAt("incompatible", at, `There is no model ${id}.`);
  const [port] = model.inputs;
  if (port === undefined || model.inputs.length > 1) {
    throw failAt("incompatible", at, "A kernel needs a model with one input.");
  }
  const coupling = model.coupling ?? model.warnings;
  if (coupling.length > 0) {
    throw failAt("incompatible", at, `No kernel: ${coupling.join("; ")}`);
  }
  return model;
}

interface GivenSet {
  readonly given: NtkExamples;
  /** JSON pointer to it. */
  readonly at: string;
}

async function exampleSet(
  context: KernelContext,
  subject: Subject,
  { given, at }: GivenSet,
): Promise<ExampleSet> {
  if ("inputs" in given) return givenSet(context, subject.model, { inputs: given.inputs, at });
  const id = given.dataset ?? subject.dataset;
  if (id === null) throw failAt("invalid_request", `${at}/dataset`, "Name a data set or inputs.");
  const dataset = await context.store.read((reader) => reader.dataset(id));
  if (dataset === undefined) {
    throw failAt("incompatible", `${at}/dataset`, `There is no data set ${id}.`);
  }
  const shape = subject.model.inputs[0]?.shape ?? [];
  if (sizeOf(dataset.input_shape) !== sizeOf(shape)) {
    const text = `The model takes [${shape}] and the data set has [${dataset.input_shape}].`;
    throw failAt("incompatible", `${at}/dataset`, text);
  }
  const split = given.split ?? "test";
  const available = dataset.splits[split].examples;
  const indices = given.indices ?? null;
  if (indices !== null && given.examples !== undefined) {
    throw failAt("invalid_request", `${at}/examples`, "Give either examples or indices.");
  }
  const past = indices?.findIndex((row) => row >= available) ?? -1;
  if (past >= 0) {
    const text = `There is no example ${indices?.[past]}; the ${split} split has ${available}.`;
    throw failAt("incompatible", `${at}/indices/${past}`, text);
  }
  const count = indices?.length ?? given.examples ?? Math.min(examplesUsual, available);
  if (count > available && indices === null) {
    throw failAt("incompatible", `${at}/examples`, `The ${split} split has ${available} examples.`);
  }
  return {
    shown: { source: "dataset", dataset: id, split, indices, examples: count },
    examples: { source: "dataset", digest: dataset.digest, split, indices, count },
  };
}

/** Inputs as an artifact, so that they outlive the request. */
async function givenSet(
  { artifacts }: KernelContext,
  model: Model,
  { inputs, at }: { readonly inputs: readonly unknown[]; readonly at: string },
): Promise<ExampleSet> {
  const [port] = model.inputs;
  const shape = port?.shape ?? [];
  const values = flattened(inputs, shape, `${at}/inputs`);
  if (
    port?.dtype === "integer" &&
    !values.every((value) => Number.isInteger(value) && value >= 0)
  ) {
    throw failAt("invalid_request", `${at}/inputs`, "The model takes ids: whole numbers from 0.");
  }
  const x = tensor("float64", [inputs.length, ...shape], values);
  const file = writeSafetensors(new Map([["x", x]]));
  const { digest } = await artifacts.put(file, { bytesMax: inputsBytesMax });
  const count = inputs.length;
  return {
    shown: { source: "inputs", dataset: null, split: null, indices: null, examples: count },
    examples: { source: "inputs", digest, count },
  };
}

interface Draft {
  readonly id: string;
  readonly request: NtkRequest;
  readonly subject: Subject;
  readonly first: ExampleSet;
  readonly second: ExampleSet | null;
  readonly nowIso: string;
}

function draftOf({ id, request, subject, first, second, nowIso }: Draft): Ntk {
  const kernel = request.kernel ?? "full";
  const [n, m] = [first.shown.examples, (second ?? first).shown.examples];
  const outputs = outputsOf(subject.model);
  const shapes = {
    full: [n, outputs, m, outputs],
    trace: [n, m],
    pseudo: [n, m],
    diagonal: [outputs, n, m],
  } as const;
  return {
    id,
    name: request.name ?? null,
    metadata: request.metadata ?? {},
    status: "queued",
    model: subject.model.id,
    seed: subject.seed,
    run: subject.run,
    checkpoint: subject.checkpoint?.id ?? null,
    step: subject.checkpoint?.step ?? null,
    first: first.shown,
    second: second?.shown ?? null,
    regression: regressionOf(request),
    kernel,
    method: request.method ?? "structured",
    dtype: request.dtype ?? "float32",
    eigenvalues: request.eigenvalues ?? 20,
    figures: null,
    shape: [...shapes[kernel]],
    digest: null,
    error: null,
    created_at: nowIso,
    started_at: null,
    finished_at: null,
  };
}

function regressionOf({ regression }: NtkRequest): NonNullable<Ntk["regression"]> | null {
  if (regression === undefined) return null;
  const { ridge = 0, prior = "network" } = regression;
  return { ridge, prior };
}

/** A regression needs the full kernel, labels to fit, and a system that can be solved here. */
function checkRegression({ regression, kernel, first, shape }: Ntk): void {
  if (!regression) return;
  if (kernel !== "full") {
    throw failAt("invalid_request", "/kernel", "A regression takes the full kernel.");
  }
  if (first.source !== "dataset") {
    const text = "A regression is fitted to labels: take the examples of a data set.";
    throw failAt("invalid_request", "/first", text);
  }
  const outputs = shape[1] ?? 1;
  const most = Math.floor(regressionRowsMax / outputs);
  if (first.examples <= most) return;
  const text =
    `A regression solves for at most ${regressionRowsMax} rows, that is ${most} examples of ` +
    `${outputs} outputs; ${first.examples} were named.`;
  throw failAt("too_large", "/first", text);
}

/** A full kernel of one set may be larger than memory: it is computed into its file. */
function checkSize({ shape, dtype, kernel, second }: Ntk, { limits }: KernelContext): void {
  const bytes = sizeOf(shape) * bytesOf[dtype];
  const isInStrips = kernel === "full" && second === null;
  const most = isInStrips ? limits.kernelFileBytesMax : limits.kernelBytesMax;
  if (bytes <= most) return;
  const text =
    `A kernel of [${shape}] takes ${bytesText(bytes)}; the limit is ` +
    `${bytesText(most)}. Take fewer examples, or the kernel "trace".`;
  throw failAt("too_large", "/first", text);
}

/** The kernel as stored; Failure `not_found`. */
export async function storedNtk(reader: Reader, id: string): Promise<NtkRecord> {
  const record = await reader.ntk(id);
  if (record === undefined) throw new Failure("not_found", `There is no kernel ${id}.`);
  return record;
}

/** Deletes a kernel; one that is under way is computed for nobody. Failure `not_found`. */
export async function deleteNtk(context: RunContext, id: string): Promise<void> {
  await context.store.write(async (writer) => {
    await storedNtk(writer, id);
    await writer.deleteNtk(id);
  });
  context.wakeups.wake(id);
}
