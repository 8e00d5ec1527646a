/**
 * How many bytes a trainer needs, estimated before it starts: enough to refuse what cannot fit and
 * to name what would. The trainer plans for itself with what it really holds.
 */
import { bytesOf, sizeOf } from "#engine/tensor.ts";
import type { Dataset } from "#schemas/dataset.ts";
import type { Model } from "#schemas/model.ts";
import type { RunSettings } from "#src/channel.ts";

/** The process itself: runtime, engine and compiled program. */
const processBytes = 160 * 1024 ** 2;

export interface MemoryEstimate {
  /** All of the below. */
  readonly bytes: number;
  readonly parameterBytes: number;
  readonly dataBytes: number;
  readonly kernelBytes: number;
  readonly activationBytes: number;
  /** Of `activationBytes`, for one example of a batch. */
  readonly exampleBytes: number;
  readonly batch: number;
}

/** Examples in one batch. */
export function batchOf(settings: RunSettings, dataset: Dataset): number {
  return settings.batch_size === "full" ? dataset.splits.train.examples : settings.batch_size;
}

/** Outputs of the model for one example. */
export function outputsOf(model: Model): number {
  return sizeOf(model.outputs[0]?.shape ?? []);
}

/**
 * P·(copies) + data + activations + kernels. Copies of the parameters: weights and gradient, the
 * optimiser's moments, anchor and displacement when linearised, and the weights handed out of one
 * chunk of steps while the next begins.
 */
export function estimateMemory(
  model: Model,
  dataset: Dataset,
  settings: RunSettings,
): MemoryEstimate {
  const width = bytesOf[settings.dtype];
  const linearised = settings.algorithm.type !== "standard";
  const batch = batchOf(settings, dataset);
  const moments = settings.optimizer.type === "sgd" ? 1 : 2;
  const distances = settings.snapshots === null ? 0 : 1;
  const copies = 3 + moments + (linearised ? 2 : distances);
  const parameterBytes = model.parameters * copies * width;
  const { train, test } = dataset.splits;
  const perExample = sizeOf(dataset.input_shape) + outputsOf(model);
  const dataBytes = (train.examples + test.examples) * perExample * width;
  const layerSizes = model.layers.reduce((sum, layer) => sum + sizeOf(layer.output_shape), 0);
  // Forward values and their cotangents; a tangent beside them when linearised.
  const exampleBytes = layerSizes * (linearised ? 3 : 2) * width;
  const activationBytes = exampleBytes * batch;
  const kernelBytes = kernelMemory(model, settings);
  const bytes = processBytes + parameterBytes + dataBytes + activationBytes + kernelBytes;
  return {
    bytes,
    parameterBytes,
    dataBytes,
    kernelBytes,
    activationBytes,
    exampleBytes,
    batch,
  };
}

/** Of each probe the first, the previous and the present kernel, and those of layers. */
function kernelMemory(model: Model, settings: RunSettings): number {
  const { split, figures } = settings.snapshots ?? {};
  const layers = figures?.includes("layer_alignment") === true ? model.layers.length : 0;
  return (split === "both" ? 2 : 1) * (3 + layers) * kernelSize(model, settings);
}

/** Bytes of one kernel of the snapshots asked for; 0 when none are. */
export function kernelSize(model: Model, settings: RunSettings): number {
  const { snapshots } = settings;
  if (snapshots === null) return 0;
  const examples = snapshots.examples ?? 0;
  const outputs = outputsOf(model);
  const perPair = { full: outputs ** 2, diagonal: outputs, trace: 1, pseudo: 1 };
  return examples ** 2 * perPair[snapshots.kernel ?? "trace"] * bytesOf[settings.dtype];
}

/** The largest batch that stays within `bytesMax`, 0 when not even one example does. */
export function largestBatch(estimate: MemoryEstimate, bytesMax: number): number {
  const rest = bytesMax - (estimate.bytes - estimate.activationBytes);
  return Math.max(0, Math.floor(rest / Math.max(1, estimate.exampleBytes)));
}

/** Bytes for people: `1.5 GiB`. */
export function bytesText(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  const power = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10));
  return `${(bytes / 1024 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power]}`;
}
