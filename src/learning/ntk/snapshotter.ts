/**
 * Kernel snapshots of a run: one kernel on the fixed probe, its figures, and how it moved since the
 * first and the previous one. What it remembers is a plain value that goes into checkpoints.
 */
import type { Backend, Precision, Tensors } from "#engine/backend.ts";
import type { Network } from "#engine/network.ts";
import { sizeOf, type Tensor } from "#engine/tensor.ts";
import type { Loss } from "#schemas/algorithm.ts";
import type { Snapshots } from "#schemas/run.ts";
import type { SnapshotFigures } from "#schemas/snapshot.ts";
import { toFigure } from "#schemas/values.ts";
import {
  alignmentOf,
  kernelDistance,
  kernelTrace,
  relativeChange,
  type Spectrum,
  spectrumOf,
} from "./figures.ts";
import { createKernel, type Kernel, type KernelComputer } from "./kernel.ts";
import { targetsOf } from "./targets.ts";

/** Every default filled in; `every` may be null. */
export type SnapshotSettings = Required<Snapshots>;

export interface SnapshotterOptions {
  readonly network: Network;
  readonly backend: Backend;
  readonly precision: Precision;
  /** Probe, [N, ...input shape]. */
  readonly x: Tensor;
  /** Class numbers [N] or targets [N, O]; null: no alignment. */
  readonly y: Tensor | null;
  readonly loss: Loss;
  readonly settings: SnapshotSettings;
  /** λ_max of the full kernel on the probe over N, for variants that do not contain it. */
  readonly lambdaMax: (parameters: Tensors) => Promise<number>;
  /** Largest stable rate of the linear phase for that λ_max; null when the optimiser has none. */
  readonly stableRate: (lambdaMax: number) => number | null;
}

export interface SnapshotTaken {
  readonly figures: SnapshotFigures;
  readonly kernel: Tensor;
}

/** Compiles the kernel on the probe. Failures of `createKernel` pass through. */
export async function createSnapshotter(options: SnapshotterOptions): Promise<Snapshotter> {
  const { network, backend, precision, x, settings } = options;
  const computer = await createKernel({
    network,
    backend,
    precision,
    x,
    variant: settings.kernel,
  });
  return new Snapshotter(options, computer);
}

export class Snapshotter implements AsyncDisposable {
  readonly #options: SnapshotterOptions;
  readonly #computer: KernelComputer;
  readonly #targets: Tensor | undefined;
  #first: Tensor | undefined;
  #previous: Tensor | undefined;

  constructor(options: SnapshotterOptions, computer: KernelComputer) {
    this.#options = options;
    this.#computer = computer;
    this.#targets = targetsOf(options.y, sizeOf(options.network.outputShape));
  }

  /** The kernel at `parameters` (by name) and its figures; it becomes the previous one. */
  async take(at: { readonly parameters: Tensors; readonly step: number }): Promise<SnapshotTaken> {
    const started = performance.now();
    const kernel = await this.#computer.compute(at.parameters);
    const spectrum = spectrumOf(kernel.variant, kernel.tensor);
    const lambdaMax = await this.#lambdaMax(kernel, spectrum, at.parameters);
    const first = this.#first ?? kernel.tensor;
    const previous = this.#previous ?? kernel.tensor;
    const figures: SnapshotFigures = {
      step: at.step,
      ...this.#spectralFigures(kernel, spectrum),
      ...this.#alignmentFigures(kernel),
      distance_to_first: toFigure(kernelDistance(kernel.tensor, first)),
      distance_to_previous: toFigure(kernelDistance(kernel.tensor, previous)),
      relative_change: toFigure(relativeChange(kernel.tensor, first)),
      layer_share: shares(kernel),
      lambda_max: toFigure(lambdaMax),
      stable_learning_rate: figureOrNull(this.#options.stableRate(lambdaMax)),
      seconds: (performance.now() - started) / 1000,
    };
    this.#first = first;
    this.#previous = kernel.tensor;
    return { figures, kernel: kernel.tensor };
  }

  /** The kernels that later figures compare with; empty before the first snapshot. */
  state(): Tensors {
    return {
      ...(this.#first === undefined ? {} : { first: this.#first }),
      ...(this.#previous === undefined ? {} : { previous: this.#previous }),
    };
  }

  restore(state: Tensors): void {
    this.#first = state["first"];
    this.#previous = state["previous"];
  }

  async #lambdaMax(kernel: Kernel, spectrum: Spectrum, parameters: Tensors): Promise<number> {
    const [largest] = spectrum.eigenvalues;
    const whole = kernel.variant === "full" || kernel.outputs === 1;
    return whole && largest !== undefined
      ? largest / kernel.examples
      : this.#options.lambdaMax(parameters);
  }

  #spectralFigures(kernel: Kernel, spectrum: Spectrum) {
    const { settings } = this.#options;
    return {
      kernel: kernel.variant,
      examples: kernel.examples,
      outputs: kernel.outputs,
      split: settings.split,
      trace: toFigure(kernelTrace(kernel.variant, kernel.tensor)),
      eigenvalues: spectrum.eigenvalues.slice(0, settings.eigenvalues).map(toFigure),
      effective_rank: toFigure(spectrum.effectiveRank),
      participation_ratio: toFigure(spectrum.participationRatio),
      condition_number: toFigure(spectrum.conditionNumber),
      lambda_min: toFigure(spectrum.lambdaMin),
      rank: spectrum.rank,
    };
  }

  #alignmentFigures(kernel: Kernel) {
    if (this.#targets === undefined) return { alignment: null, centred_alignment: null };
    const { plain, centred } = alignmentOf(kernel.variant, kernel.tensor, this.#targets);
    return { alignment: toFigure(plain), centred_alignment: toFigure(centred) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#computer[Symbol.asyncDispose]();
  }
}

function figureOrNull(value: number | null) {
  return value === null ? null : toFigure(value);
}

function shares({ layerTraces }: Kernel): SnapshotFigures["layer_share"] {
  const total = [...layerTraces.values()].reduce((sum, trace) => sum + trace, 0);
  return Object.fromEntries([...layerTraces].map(([layer, t]) => [layer, toFigure(t / total)]));
}
