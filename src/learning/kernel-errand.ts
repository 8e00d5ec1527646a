/**
 * A one-off kernel as an errand: of a network at initial weights or at a checkpoint, on one set of
 * examples or between two, with its figures and itself as an artifact. Trains nothing.
 */
import type { Backend, Tensors } from "#engine/backend.ts";
import type { Network } from "#engine/network.ts";
import { bytesOf, sizeOf, type Tensor, tensor } from "#engine/tensor.ts";
import { readSafetensors, writeSafetensors } from "#formats/safetensors.ts";
import { kernelFileBytesMax } from "#schemas/kernel.ts";
import type { NtkFigures } from "#schemas/ntk.ts";
import { toFigure } from "#schemas/values.ts";
import type { KernelExamples, KernelWork } from "#src/channel.ts";
import { Failure } from "#src/failure.ts";
import type { KernelDone } from "#src/kernel-shares.ts";
import type { Artifacts } from "#storage/artifacts.ts";
import { readCheckpoint } from "./checkpoint.ts";
import { countOf, type Examples, fitted, type Split } from "./examples.ts";
import { computeInStrips, type StoredKernel } from "./kernel-in-strips.ts";
import { alignmentOf } from "./ntk/alignment.ts";
import { createCrossKernel } from "./ntk/cross.ts";
import { kernelTrace, spectrumOf } from "./ntk/figures.ts";
import { createKernel, type Kernel } from "./ntk/kernel.ts";
import { largestInMemory } from "./ntk/largest.ts";
import { targetsOf } from "./ntk/targets.ts";
import { type Fit, kernelRegression } from "./regression.ts";

export interface KernelPorts {
  readonly network: Network;
  readonly backend: Backend;
  readonly artifacts: Artifacts;
  /** A data set by its digest. */
  readonly dataset: (digest: string) => Promise<Examples>;
  /** Of a full kernel that is held whole; larger ones are computed in strips. */
  readonly wholeBytesMax?: number;
}

/** Joining takes no engine. */
export type JoinPorts = Omit<KernelPorts, "backend">;

/**
 * About where not all eigenvalues are computed any more: from there on, strips give the same
 * figures in a fraction of the memory.
 */
const wholeBytesUsual = 32 * 1024 ** 2;
const inputsBytesMax = 1024 ** 3;

/** A split's rows in a given order. Failure `invalid_request` for a row that is not there. */
function chosen(split: Split, indices: readonly number[]): Split {
  const rows = (value: Tensor): Tensor => {
    const width = sizeOf(value.shape.slice(1));
    const data = Float64Array.from({ length: indices.length * width }, (_, at) => {
      const row = indices[Math.floor(at / width)] ?? 0;
      return value.data[row * width + (at % width)] ?? Number.NaN;
    });
    return tensor(value.dtype, [indices.length, ...value.shape.slice(1)], data);
  };
  const count = countOf(split);
  const missing = indices.find((row) => row >= count);
  if (missing !== undefined) {
    throw new Failure("invalid_request", `There is no example ${missing}; the split has ${count}.`);
  }
  return { x: rows(split.x), y: rows(split.y) };
}

/** Inputs that fit the network, with targets where they have some. */
export async function examplesOf(ports: JoinPorts, from: KernelExamples) {
  const { network, artifacts } = ports;
  if (from.source === "dataset") {
    const split = (await ports.dataset(from.digest))[from.split];
    const wanted = from.indices ?? Array.from({ length: from.count }, (_, at) => at);
    const { x, y } = fitted(chosen(split, wanted), network);
    return { x, y };
  }
  const file = await artifacts.get(from.digest);
  const given = readSafetensors(file, { bytesMax: inputsBytesMax }).tensors.get("x");
  if (given === undefined) throw new Failure("storage_corrupt", "The given inputs are damaged.");
  const kind = network.input.kind === "integer" ? "int32" : "float64";
  return { x: tensor(kind, given.shape, given.data), y: null };
}

/** Initial weights, or those of a checkpoint with its step. */
export async function parametersOf({ network, artifacts }: JoinPorts, from: KernelWork["weights"]) {
  if ("seed" in from) {
    const parameters: Tensors = Object.fromEntries(network.initialise(from.seed));
    return { parameters, step: null };
  }
  const { state } = await readCheckpoint(artifacts, from.checkpoint);
  return { parameters: state.descent.weights, step: state.position.step };
}

interface Computed {
  readonly tensor: Tensor;
  readonly figures: Omit<NtkFigures, "seconds" | "contractions">;
  readonly contractions: ReadonlyMap<string, string>;
}

function frobenius({ data }: Tensor): number {
  let sum = 0;
  for (const value of data) sum += value * value;
  return Math.sqrt(sum);
}

const notSquare = {
  ...{ trace: null, eigenvalues: [], effective_rank: null, participation_ratio: null },
  ...{ condition_number: null, lambda_min: null, rank: null },
  ...{ alignment: null, centred_alignment: null, layer_share: {} },
};

/** Of a kernel of one set, and of its targets where it has some. */
export async function squareFigures(
  kernel: Pick<Kernel, "variant" | "outputs" | "tensor" | "layerTraces">,
  y: Tensor | null,
  eigenvalues: number,
): Promise<Computed["figures"]> {
  const { variant, outputs } = kernel;
  const spectrum = spectrumOf(variant, kernel.tensor);
  const isPartial = spectrum.eigenvalues.length === 0 && variant !== "diagonal";
  const largest = isPartial
    ? await largestInMemory(kernel.tensor, eigenvalues)
    : spectrum.eigenvalues.slice(0, eigenvalues);
  const targets = targetsOf(y, outputs);
  const aligned = targets === undefined ? null : alignmentOf(variant, kernel.tensor, targets);
  const traces = [...kernel.layerTraces];
  const total = traces.reduce((sum, [, trace]) => sum + trace, 0);
  return {
    outputs,
    frobenius_norm: toFigure(frobenius(kernel.tensor)),
    trace: toFigure(kernelTrace(variant, kernel.tensor)),
    eigenvalues: largest.map(toFigure),
    effective_rank: toFigure(spectrum.effectiveRank),
    participation_ratio: toFigure(spectrum.participationRatio),
    condition_number: toFigure(spectrum.conditionNumber),
    lambda_min: toFigure(spectrum.lambdaMin),
    rank: spectrum.rank,
    alignment: aligned === null ? null : toFigure(aligned.plain),
    centred_alignment: aligned === null ? null : toFigure(aligned.centred),
    layer_share: Object.fromEntries(traces.map(([layer, t]) => [layer, toFigure(t / total)])),
  };
}

type Given = Awaited<ReturnType<typeof examplesOf>>;

/** Kernel regression on the sets, where it is asked for. */
async function regressionOf(
  { network, backend }: KernelPorts,
  { regression, precision }: KernelWork,
  at: { readonly parameters: Tensors; readonly first: Given; readonly second: Given | null },
): Promise<Pick<NtkFigures, "regression">> {
  const { parameters, first, second } = at;
  if (regression === null || first.y === null) return {};
  const train = { x: first.x, y: first.y };
  const isScored = second !== null && second.y !== null;
  const test = isScored ? { x: second.x, y: second.y } : chosen(train, []);
  const examples = { train, test } as { train: Split; test: Split };
  const options = { network, backend, precision, parameters, ...regression };
  const found = await kernelRegression({ ...options, examples });
  const score = ({ loss, accuracy }: Fit) => ({
    loss: toFigure(loss),
    accuracy: accuracy === null ? null : toFigure(accuracy),
  });
  return {
    regression: {
      train: score(found.train),
      test: isScored ? score(found.test) : null,
      residual: toFigure(found.residual),
      converged: found.converged,
      directions_left_out: found.leftOut,
    },
  };
}

async function computed(
  ports: KernelPorts,
  errand: KernelWork,
  {
    parameters,
    metadata,
  }: { readonly parameters: Tensors; readonly metadata: Readonly<Record<string, string>> },
): Promise<StoredKernel> {
  const { network, backend, artifacts, wholeBytesMax = wholeBytesUsual } = ports;
  const { variant, method, precision } = errand;
  const first = await examplesOf(ports, errand.first);
  const options = { network, backend, precision, variant, method, x: first.x };
  if (errand.second !== null) {
    const second = await examplesOf(ports, errand.second);
    const fitted = await regressionOf(ports, errand, { parameters, first, second });
    await using cross = await createCrossKernel({ ...options, second: second.x });
    const { tensor: kernel, outputs } = await cross.compute(parameters);
    const norm = toFigure(frobenius(kernel));
    const figures = { ...notSquare, outputs, frobenius_norm: norm, ...fitted };
    return await stored({ tensor: kernel, figures, contractions: cross.contractions });
  }
  const fitted = await regressionOf(ports, errand, { parameters, first, second: null });
  if (variant === "full" && bytesOfFull(errand, ports, first.x) > wholeBytesMax) {
    const { y } = first;
    const asked = { y, parameters, metadata, eigenvalues: errand.eigenvalues };
    const limits = { bytesMax: kernelFileBytesMax };
    const done = await computeInStrips({ artifacts, kernel: options, ...asked, ...limits });
    return { ...done, figures: { ...done.figures, ...fitted } };
  }
  await using computer = await createKernel(options);
  const kernel = await computer.compute(parameters);
  const figures = { ...(await squareFigures(kernel, first.y, errand.eigenvalues)), ...fitted };
  return await stored({ tensor: kernel.tensor, figures, contractions: computer.contractions });

  async function stored({ tensor: kernel, ...rest }: Computed): Promise<StoredKernel> {
    const file = writeSafetensors(new Map([["kernel", kernel]]), metadata);
    const { digest } = await artifacts.put(file, { bytesMax: kernelFileBytesMax });
    return { ...rest, digest, shape: kernel.shape };
  }
}

/** Of the full kernel of examples with themselves. */
function bytesOfFull({ precision }: KernelWork, { network }: KernelPorts, x: Tensor): number {
  const rows = (x.shape[0] ?? 0) * sizeOf(network.outputShape);
  return rows ** 2 * bytesOf[precision];
}

/**
 * Computes and stores; a large full kernel strip by strip. Failures:
 * `incompatible`, `too_large`, `invalid_request` for an index past the end, `not_found` where the
 * checkpoint is gone.
 */
export async function computeKernel(ports: KernelPorts, errand: KernelWork): Promise<KernelDone> {
  const startedMs = performance.now();
  const { parameters, step } = await parametersOf(ports, errand.weights);
  const metadata = { kernel: errand.variant, ...(step === null ? {} : { step: String(step) }) };
  const { figures, contractions, shape, digest } = await computed(ports, errand, {
    parameters,
    metadata,
  });
  const seconds = (performance.now() - startedMs) / 1000;
  return {
    figures: { ...figures, contractions: Object.fromEntries(contractions), seconds },
    ...{ step, shape, digest },
  };
}
