/**
 * A one-off kernel as an errand: of a network at initial weights or at a checkpoint, on one set of
 * examples or between two, with its figures and itself as an artifact. Trains nothing.
 */
import type { Tensors } from "#engine/backend.ts";
import { bytesOf, sizeOf, type Tensor } from "#engine/tensor.ts";
import { writeSafetensors } from "#formats/safetensors.ts";
import { kernelFileBytesMax } from "#schemas/kernel.ts";
import type { KernelWork } from "#src/channel.ts";
import type { KernelDone } from "#src/kernel-shares.ts";
import type { Artifacts } from "#storage/artifacts.ts";
import { betweenFigures, regressionOf, squareFigures } from "./kernel-figures.ts";
import { examplesOf, type Given, type KernelPorts, parametersOf } from "./kernel-given.ts";
import { computeInStrips, type StoredKernel } from "./kernel-in-strips.ts";
import { type CrossKernel, type CrossKernelOptions, createCrossKernel } from "./ntk/cross.ts";
import type { KernelOptions } from "./ntk/factor-computer.ts";
import { createKernel, type Kernel } from "./ntk/kernel.ts";

/**
 * About where not all eigenvalues are computed any more: from there on, strips give the same
 * figures in a fraction of the memory.
 */
const wholeBytesUsual = 32 * 1024 ** 2;

export interface ErrandPorts extends KernelPorts {
  /** Of a full kernel that is held whole; larger ones are computed in strips. */
  readonly wholeBytesMax?: number;
}

/** What the file of a kernel says beside its numbers. */
export const metadataOf = (
  { variant }: Pick<KernelWork, "variant">,
  step: number | null,
): Readonly<Record<string, string>> => ({
  kernel: variant,
  ...(step === null ? {} : { step: String(step) }),
});

/** Stores a kernel that is held whole. */
export async function storeWhole(
  artifacts: Artifacts,
  kernel: Tensor,
  metadata: Readonly<Record<string, string>>,
): Promise<Pick<StoredKernel, "digest" | "shape">> {
  const file = writeSafetensors(new Map([["kernel", kernel]]), metadata);
  const { digest } = await artifacts.put(file, { bytesMax: kernelFileBytesMax });
  return { digest, shape: kernel.shape };
}

/** What a kernel is of, in the words of `createKernel`. */
export function optionsOf(
  { network, backend }: Pick<KernelPorts, "network" | "backend">,
  { precision, variant, method }: KernelWork,
  { x }: Given,
): KernelOptions {
  return { network, backend, precision, variant, method, x };
}

type Computed<K> = Pick<StoredKernel, "contractions"> & { readonly kernel: K };

/** Lets the device's memory go before anything else is done with the kernel. */
async function squareOf(options: KernelOptions, parameters: Tensors): Promise<Computed<Kernel>> {
  await using computer = await createKernel(options);
  const { contractions } = computer;
  return { kernel: await computer.compute(parameters), contractions };
}

async function crossOf(
  options: CrossKernelOptions,
  parameters: Tensors,
): Promise<Computed<CrossKernel>> {
  await using computer = await createCrossKernel(options);
  const { contractions } = computer;
  return { kernel: await computer.compute(parameters), contractions };
}

interface At {
  readonly parameters: Tensors;
  readonly metadata: Readonly<Record<string, string>>;
}

async function computed(
  ports: ErrandPorts,
  errand: KernelWork,
  { parameters, metadata }: At,
): Promise<StoredKernel> {
  const { artifacts, wholeBytesMax = wholeBytesUsual } = ports;
  const first = await examplesOf(ports, errand.first);
  const options = optionsOf(ports, errand, first);
  if (errand.second !== null) {
    const second = await examplesOf(ports, errand.second);
    const { kernel, contractions } = await crossOf({ ...options, second: second.x }, parameters);
    const { tensor, outputs } = kernel;
    const sets = { parameters, first, second, known: { cross: tensor } };
    const fitted = await regressionOf(ports, errand, sets);
    const figures = { ...betweenFigures(tensor, outputs), ...fitted };
    return { ...(await storeWhole(artifacts, tensor, metadata)), figures, contractions };
  }
  const sets = { parameters, first, second: null };
  if (errand.variant === "full" && bytesOfFull(errand, ports, first.x) > wholeBytesMax) {
    const fitted = await regressionOf(ports, errand, { ...sets, known: {} });
    const asked = { artifacts, y: first.y, metadata, eigenvalues: errand.eigenvalues };
    const limits = { bytesMax: kernelFileBytesMax };
    const done = await computeInStrips({ ...asked, ...limits, kernel: options, parameters });
    return { ...done, figures: { ...done.figures, ...fitted } };
  }
  const { kernel, contractions } = await squareOf(options, parameters);
  const fitted = await regressionOf(ports, errand, { ...sets, known: { own: kernel.tensor } });
  const figures = { ...(await squareFigures(kernel, first.y, errand.eigenvalues)), ...fitted };
  return { ...(await storeWhole(artifacts, kernel.tensor, metadata)), figures, contractions };
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
export async function computeKernel(ports: ErrandPorts, errand: KernelWork): Promise<KernelDone> {
  const startedMs = performance.now();
  const { parameters, step } = await parametersOf(ports, errand.weights);
  const metadata = metadataOf(errand, step);
  const done = await computed(ports, errand, { parameters, metadata });
  const { figures, contractions, shape, digest } = done;
  const seconds = (performance.now() - startedMs) / 1000;
  return {
    figures: { ...figures, contractions: Object.fromEntries(contractions), seconds },
    ...{ step, shape, digest },
  };
}
