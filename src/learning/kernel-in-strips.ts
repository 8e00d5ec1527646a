/**
 * A one-off full kernel that is never whole in memory: stored strip by strip, from a device or from
 * the parts that several have stored, with the figures that can be had without ever holding it.
 * Others are in kernel-errand.ts.
 */
import type { Tensors } from "#engine/backend.ts";
import type { DType, Tensor } from "#engine/tensor.ts";
import type { NtkFigures } from "#schemas/ntk.ts";
import { toFigure } from "#schemas/values.ts";
import type { Artifacts, Digest } from "#storage/artifacts.ts";
import { layerShares } from "./ntk/figures.ts";
import { createKernel, type SquareKernelOptions } from "./ntk/kernel.ts";
import { eigenvaluesInFile, rowsInFile, storeStrips } from "./ntk/kernel-file.ts";
import type { Share } from "./ntk/shares.ts";
import { StreamedFigures } from "./ntk/streamed-figures.ts";
import type { KernelStrip } from "./ntk/strips.ts";
import { targetsOf } from "./ntk/targets.ts";

/** What is wanted beside the kernel, and where it goes. */
export interface StripsWanted {
  readonly artifacts: Artifacts;
  /** Labels of the examples, where there are some. */
  readonly y: Tensor | null;
  /** How many are wanted. */
  readonly eigenvalues: number;
  readonly metadata: Readonly<Record<string, string>>;
  readonly bytesMax: number;
}

export interface StripsErrand extends StripsWanted {
  readonly kernel: SquareKernelOptions;
  readonly parameters: Tensors;
}

export interface StoredKernel {
  readonly digest: Digest;
  readonly shape: readonly number[];
  readonly figures: Omit<NtkFigures, "seconds" | "contractions">;
  readonly contractions: ReadonlyMap<string, string>;
}

interface Size {
  readonly examples: number;
  readonly outputs: number;
  readonly dtype: DType;
}

/** What needs every eigenvalue. */
const withoutSpectrum = {
  ...{ effective_rank: toFigure(Number.NaN), condition_number: toFigure(Number.NaN) },
  ...{ lambda_min: toFigure(Number.NaN), rank: 0 },
};

/** Computes and stores. Failures of `createKernel` and of the store. */
export async function computeInStrips(errand: StripsErrand): Promise<StoredKernel> {
  const { kernel, parameters } = errand;
  await using computer = await createKernel(kernel);
  const { examples, outputs, contractions } = computer;
  const size = { examples, outputs, dtype: kernel.precision };
  return { ...(await stored(errand, size, computer.strips(parameters))), contractions };
}

/** Stores all strips, and takes the figures of them on their way. */
async function stored(
  { artifacts, y, eigenvalues: count, metadata, bytesMax }: StripsWanted,
  { examples, outputs, dtype }: Size,
  all: AsyncIterable<KernelStrip>,
): Promise<Omit<StoredKernel, "contractions">> {
  const targets = targetsOf(y, outputs);
  const seen = new StreamedFigures(examples, outputs, targets);
  const head = { dtype, shape: [examples, outputs, examples, outputs], metadata };
  const strips = { all, seen: (strip: KernelStrip) => seen.add(strip), bytesMax };
  const { digest } = await storeStrips(artifacts, head, strips);
  const eigenvalues = await eigenvaluesInFile(artifacts, { ...head, digest }, count);
  const { trace, norm, alignment } = seen;
  const figures = {
    ...withoutSpectrum,
    outputs,
    frobenius_norm: toFigure(norm),
    trace: toFigure(trace),
    eigenvalues: eigenvalues.map(toFigure),
    participation_ratio: toFigure(norm > 0 ? (trace / norm) ** 2 : 0),
    alignment: targets === undefined ? null : toFigure(alignment.plain),
    centred_alignment: targets === undefined ? null : toFigure(alignment.centred),
    layer_share: layerShares(seen.layerTraces),
  };
  return { digest, shape: head.shape, figures };
}

/** Consecutive strips of a kernel in a file of their own. */
export interface StripsPart {
  /** First example of the rows, and how many examples there are; there may be none. */
  readonly from: number;
  readonly count: number;
  /** Null without rows. */
  readonly digest: Digest | null;
  readonly layerTraces: ReadonlyMap<string, number>;
}

/** Computes and stores one of several shares. Failures as of `computeInStrips`. */
export async function storeStripsPart(
  { artifacts, kernel, parameters, bytesMax }: Omit<StripsErrand, "y" | "eigenvalues" | "metadata">,
  share: Share,
): Promise<StripsPart & Pick<StoredKernel, "contractions">> {
  await using computer = await createKernel(kernel);
  const { examples, outputs, contractions } = computer;
  const { from, count } = computer.spanOf(share);
  const layerTraces = new Map<string, number>();
  if (count === 0) return { from, count, digest: null, layerTraces, contractions };
  const seen = (strip: KernelStrip): void => {
    for (const [layer, trace] of strip.layerTraces) {
      layerTraces.set(layer, (layerTraces.get(layer) ?? 0) + trace);
    }
  };
  const head = partHead({ examples, outputs, dtype: kernel.precision }, count);
  const strips = { all: computer.strips(parameters, share), seen, bytesMax };
  const { digest } = await storeStrips(artifacts, head, strips);
  return { from, count, digest, layerTraces, contractions };
}

const partHead = ({ examples, outputs, dtype }: Size, count: number) => ({
  dtype,
  shape: [count, outputs, examples, outputs],
  metadata: {},
});

/** The whole from parts in the order of their rows. Failure `storage_corrupt` for one cut off. */
export async function joinStrips(
  wanted: StripsWanted,
  size: Size,
  parts: readonly StripsPart[],
): Promise<Omit<StoredKernel, "contractions">> {
  const { artifacts } = wanted;
  const { outputs, examples, dtype } = size;
  async function* all(): AsyncGenerator<KernelStrip> {
    const rows = { dtype, shape: [1, outputs, examples, outputs] };
    for (const { from, count, digest, layerTraces } of parts) {
      if (digest === null) continue;
      const file = { ...partHead(size, count), digest };
      let at = 0;
      for await (const data of rowsInFile(artifacts, file, outputs)) {
        const traces = at === 0 ? layerTraces : new Map<string, number>();
        yield { from: from + at, count: 1, rows: { ...rows, data }, layerTraces: traces };
        at += 1;
      }
    }
  }
  return await stored(wanted, size, all());
}
