/**
 * A one-off full kernel that is never whole in memory: stored strip by strip, with the figures that
 * can be had without ever holding it. Others are in kernel-errand.ts.
 */
import type { Tensors } from "#engine/backend.ts";
import type { Tensor } from "#engine/tensor.ts";
import type { NtkFigures } from "#schemas/ntk.ts";
import { toFigure } from "#schemas/values.ts";
import type { Artifacts, Digest } from "#storage/artifacts.ts";
import { createKernel, type SquareKernelOptions } from "./ntk/kernel.ts";
import { eigenvaluesInFile, storeStrips } from "./ntk/kernel-file.ts";
import { StreamedFigures } from "./ntk/streamed-figures.ts";
import { targetsOf } from "./ntk/targets.ts";

export interface StripsErrand {
  readonly artifacts: Artifacts;
  readonly kernel: SquareKernelOptions;
  /** Labels of the examples, where there are some. */
  readonly y: Tensor | null;
  readonly parameters: Tensors;
  /** How many are wanted. */
  readonly eigenvalues: number;
  readonly metadata: Readonly<Record<string, string>>;
  readonly bytesMax: number;
}

export interface StoredKernel {
  readonly digest: Digest;
  readonly shape: readonly number[];
  readonly figures: Omit<NtkFigures, "seconds" | "contractions">;
  readonly contractions: ReadonlyMap<string, string>;
}

/** What needs every eigenvalue. */
const withoutSpectrum = {
  ...{ effective_rank: toFigure(Number.NaN), condition_number: toFigure(Number.NaN) },
  ...{ lambda_min: toFigure(Number.NaN), rank: 0 },
};

/** Computes and stores. Failures of `createKernel` and of the store. */
export async function computeInStrips(errand: StripsErrand): Promise<StoredKernel> {
  const { artifacts, kernel, parameters, metadata, bytesMax } = errand;
  await using computer = await createKernel(kernel);
  const { examples, outputs, contractions } = computer;
  const targets = targetsOf(errand.y, outputs);
  const seen = new StreamedFigures(examples, outputs, targets);
  const head = {
    dtype: kernel.precision,
    shape: [examples, outputs, examples, outputs],
    metadata,
  };
  const { digest } = await storeStrips(artifacts, head, {
    all: computer.strips(parameters),
    seen: (strip) => seen.add(strip),
    bytesMax,
  });
  const eigenvalues = await eigenvaluesInFile(artifacts, { ...head, digest }, errand.eigenvalues);
  const { trace, norm, alignment } = seen;
  const layers = [...seen.layerTraces];
  const total = layers.reduce((sum, [, part]) => sum + part, 0);
  const figures = {
    ...withoutSpectrum,
    outputs,
    frobenius_norm: toFigure(norm),
    trace: toFigure(trace),
    eigenvalues: eigenvalues.map(toFigure),
    participation_ratio: toFigure(norm > 0 ? (trace / norm) ** 2 : 0),
    alignment: targets === undefined ? null : toFigure(alignment.plain),
    centred_alignment: targets === undefined ? null : toFigure(alignment.centred),
    layer_share: Object.fromEntries(layers.map(([layer, part]) => [layer, toFigure(part / total)])),
  };
  return { digest, shape: head.shape, figures, contractions };
}
