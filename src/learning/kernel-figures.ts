/**
 * Figures of one-off kernels that are held whole: of one set, between two sets, and of the
 * regression that either is asked for. Computes no kernel that it is given.
 */
import type { Tensors } from "#engine/backend.ts";
import type { Tensor } from "#engine/tensor.ts";
import type { NtkFigures } from "#schemas/ntk.ts";
import { toFigure } from "#schemas/values.ts";
import type { KernelWork } from "#src/channel.ts";
import type { Split } from "./examples.ts";
import { chosen, type Given, type KernelPorts } from "./kernel-given.ts";
import { alignmentOf } from "./ntk/alignment.ts";
import { kernelTrace, layerShares, spectrumOf } from "./ntk/figures.ts";
import type { Kernel } from "./ntk/kernel.ts";
import { largestInMemory } from "./ntk/largest.ts";
import { targetsOf } from "./ntk/targets.ts";
import { type Fit, type KnownKernels, kernelRegression } from "./regression.ts";

/** Those that follow from the kernel's numbers. */
export type KernelFigures = Omit<NtkFigures, "seconds" | "contractions">;

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
): Promise<KernelFigures> {
  const { variant, outputs } = kernel;
  const spectrum = spectrumOf(variant, kernel.tensor);
  const isPartial = spectrum.eigenvalues.length === 0 && variant !== "diagonal";
  const largest = isPartial
    ? await largestInMemory(kernel.tensor, eigenvalues)
    : spectrum.eigenvalues.slice(0, eigenvalues);
  const targets = targetsOf(y, outputs);
  const aligned = targets === undefined ? null : alignmentOf(variant, kernel.tensor, targets);
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
    layer_share: layerShares(kernel.layerTraces),
  };
}

/** Of a kernel between two sets, whose outputs are those of the network. */
export function betweenFigures({ data, shape, dtype }: Tensor, outputs: number): KernelFigures {
  const norm = frobenius({ data, shape, dtype });
  return { ...notSquare, outputs, frobenius_norm: toFigure(norm) };
}

export interface RegressionSets {
  readonly parameters: Tensors;
  readonly first: Given;
  readonly second: Given | null;
  /** Kernels that were computed for the errand anyway. */
  readonly known: KnownKernels;
}

/** Kernel regression on the sets, where it is asked for. */
export async function regressionOf(
  { network, backend }: Pick<KernelPorts, "network" | "backend">,
  { regression, precision }: KernelWork,
  { parameters, first, second, known }: RegressionSets,
): Promise<Pick<NtkFigures, "regression">> {
  if (regression === null || first.y === null) return {};
  const train = { x: first.x, y: first.y };
  const isScored = second !== null && second.y !== null;
  const test = isScored ? { x: second.x, y: second.y } : chosen(train, []);
  const examples = { train, test } as { train: Split; test: Split };
  const options = { network, backend, precision, parameters, known, ...regression };
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
