/**
 * How far apart stored kernels and stored weights are, pair by pair, as an errand. Which pairs are
 * worth comparing is decided where rows are known.
 */
import type { Tensors } from "#engine/backend.ts";
import type { Tensor } from "#engine/tensor.ts";
import { readSafetensors } from "#formats/safetensors.ts";
import { toFigure } from "#schemas/values.ts";
import type { CompareErrand, CompareResult, KernelPair, WeightsPair } from "#src/comparing.ts";
import { Failure } from "#src/failure.ts";
import type { Artifacts } from "#storage/artifacts.ts";
import { distance } from "./anchor-report.ts";
import { readCheckpoint } from "./checkpoint.ts";
import { centreKernel } from "./ntk/alignment.ts";
import { kernelDistance, relativeChange } from "./ntk/figures.ts";

const kernelBytesMax = 256 * 1024 ** 2;

/** Failures are those of reading: `not_found`, `storage_corrupt`. */
export async function compare(
  artifacts: Artifacts,
  { kernels, weights }: CompareErrand,
): Promise<CompareResult> {
  const found: { [K in "kernels" | "weights"]: CompareResult[K][number][] } = {
    kernels: [],
    weights: [],
  };
  for (const pair of kernels) found.kernels.push(await kernelsApart(artifacts, pair));
  for (const pair of weights) found.weights.push(await weightsApart(artifacts, pair));
  return { kind: "compare", ...found };
}

async function kernelAt(artifacts: Artifacts, digest: string): Promise<Tensor> {
  const file = readSafetensors(await artifacts.get(digest), { bytesMax: kernelBytesMax });
  const kernel = file.tensors.get("kernel");
  if (kernel === undefined) throw new Failure("storage_corrupt", "The file holds no kernel.");
  return kernel;
}

async function kernelsApart(artifacts: Artifacts, pair: KernelPair) {
  const first = await kernelAt(artifacts, pair.first);
  const other = await kernelAt(artifacts, pair.other);
  if (first.data.length !== other.data.length) return null;
  const centred = (kernel: Tensor): Tensor => ({
    ...kernel,
    data: centreKernel(pair.variant, kernel, pair),
  });
  return {
    distance: toFigure(kernelDistance(other, first)),
    cka: toFigure(1 - kernelDistance(centred(other), centred(first))),
    relative_change: toFigure(relativeChange(other, first)),
  };
}

/** Null for weights of two networks. */
async function weightsApart(artifacts: Artifacts, pair: WeightsPair) {
  const read = async (digest: string) =>
    (await readCheckpoint(artifacts, digest)).state.descent.weights;
  const [first, other] = [await read(pair.first), await read(pair.other)];
  if (shapesOf(first) !== shapesOf(other)) return null;
  return { relative_distance: toFigure(distance(other, first) / distance(first)) };
}

function shapesOf(weights: Tensors): string {
  const shapes = Object.entries(weights).map(([name, { shape }]) => `${name} ${shape}`);
  return shapes.sort().join("; ");
}
