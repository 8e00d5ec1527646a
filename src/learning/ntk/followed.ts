/**
 * One kernel followed through a run: on a fixed probe, with its figures, and how it has moved since
 * the first and the previous one. What it remembers is a plain value that goes into checkpoints.
 */
import type { Backend, Precision, Tensors } from "#engine/backend.ts";
import type { Network } from "#engine/network.ts";
import { sizeOf, type Tensor } from "#engine/tensor.ts";
import { countOf, type Split } from "#learning/examples.ts";
import type { Snapshots } from "#schemas/kernel.ts";
import type { ProbeFigures } from "#schemas/snapshot.ts";
import { toFigure } from "#schemas/values.ts";
import { alignmentOf } from "./alignment.ts";
import {
  kernelDistance,
  kernelTrace,
  layerShares,
  logNormRatio,
  relativeChange,
  type Spectrum,
  spectrumOf,
} from "./figures.ts";
import { createKernel, type Kernel, type KernelComputer } from "./kernel.ts";
import { cumulativePower } from "./power.ts";
import { targetsOf } from "./targets.ts";

/** Every default filled in; `every` may be null. */
export type SnapshotSettings = Required<Snapshots>;

/** What has gone by since the previous kernel. */
export interface Elapsed {
  readonly steps: number;
  /** Sum of the learning rates of those steps. */
  readonly rates: number;
}

export interface FollowedOptions {
  readonly network: Network;
  readonly backend: Backend;
  readonly precision: Precision;
  readonly settings: SnapshotSettings;
  /** Of which the probe is. */
  readonly split: "train" | "test";
  readonly probe: Split;
  /** λ_max of the full kernel on the probe over N, for variants that do not contain it. */
  readonly lambdaMax: (parameters: Tensors) => Promise<number>;
  /** Largest stable rate of the linear phase for that λ_max; null when the optimiser has none. */
  readonly stableRate: (lambdaMax: number) => number | null;
}

export class FollowedKernel implements AsyncDisposable {
  readonly #options: FollowedOptions;
  readonly #computer: KernelComputer;
  readonly #targets: Tensor | undefined;
  #first: Tensor | undefined;
  #previous: Tensor | undefined;

  private constructor(options: FollowedOptions, computer: KernelComputer) {
    this.#options = options;
    this.#computer = computer;
    this.#targets = targetsOf(options.probe.y, sizeOf(options.network.outputShape));
  }

  /** Compiles the kernel on the probe. Failures of `createKernel` pass through. */
  static async compile(options: FollowedOptions): Promise<FollowedKernel> {
    const { network, backend, precision, settings, probe } = options;
    const computer = await createKernel({
      ...{ network, backend, precision },
      x: probe.x,
      variant: settings.kernel,
      layers: settings.figures.includes("layer_alignment"),
    });
    return new FollowedKernel(options, computer);
  }

  /** The kernel at `parameters` and its figures; it becomes the previous one. */
  async take(
    parameters: Tensors,
    elapsed: Elapsed | null,
  ): Promise<{ readonly figures: ProbeFigures; readonly kernel: Kernel }> {
    const kernel = await this.#computer.compute(parameters);
    const spectrum = spectrumOf(kernel.variant, kernel.tensor);
    const lambdaMax = await this.#lambdaMax(kernel, spectrum, parameters);
    const stable = this.#options.stableRate(lambdaMax);
    const figures = {
      examples: countOf(this.#options.probe),
      split: this.#options.split,
      ...this.#spectralFigures(kernel, spectrum),
      ...this.#alignmentFigures(kernel),
      ...this.#movement(kernel, elapsed),
      layer_share: layerShares(kernel.layerTraces),
      lambda_max: toFigure(lambdaMax),
      stable_learning_rate: stable === null ? null : toFigure(stable),
    };
    this.#first ??= kernel.tensor;
    this.#previous = kernel.tensor;
    return { figures, kernel };
  }

  /** The kernels that later figures compare with; empty before the first. */
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
      trace: toFigure(kernelTrace(kernel.variant, kernel.tensor)),
      eigenvalues: spectrum.eigenvalues.slice(0, settings.eigenvalues).map(toFigure),
      effective_rank: toFigure(spectrum.effectiveRank),
      participation_ratio: toFigure(spectrum.participationRatio),
      condition_number: toFigure(spectrum.conditionNumber),
      lambda_min: toFigure(spectrum.lambdaMin),
      rank: spectrum.rank,
    };
  }

  #alignmentFigures({ variant, tensor, layers }: Kernel) {
    const targets = this.#targets;
    if (targets === undefined) {
      const none = { alignment: null, centred_alignment: null };
      return { ...none, layer_alignment: null, cumulative_power: null };
    }
    const { figures } = this.#options.settings;
    const aligned = (kernel: Tensor) => {
      const { plain, centred } = alignmentOf(variant, kernel, targets);
      return { alignment: toFigure(plain), centred_alignment: toFigure(centred) };
    };
    const power = figures.includes("cumulative_power")
      ? cumulativePower(variant, tensor, targets)
      : null;
    return {
      ...aligned(tensor),
      layer_alignment: figures.includes("layer_alignment")
        ? Object.fromEntries([...layers].map(([layer, part]) => [layer, aligned(part)]))
        : null,
      cumulative_power:
        power === null
          ? null
          : {
              modes: [...power.modes],
              power: power.plain.map(toFigure),
              centred_power: power.centred.map(toFigure),
            },
    };
  }

  #movement({ tensor }: Kernel, elapsed: Elapsed | null) {
    const first = this.#first ?? tensor;
    const moved = kernelDistance(tensor, this.#previous ?? tensor);
    const isLater = this.#previous !== undefined && elapsed !== null;
    const over = (time: number) => (isLater && time > 0 ? toFigure(moved / time) : null);
    return {
      distance_to_first: toFigure(kernelDistance(tensor, first)),
      distance_to_previous: toFigure(moved),
      velocity: over(elapsed?.steps ?? 0),
      velocity_per_rate: over(elapsed?.rates ?? 0),
      relative_change: toFigure(relativeChange(tensor, first)),
      log_norm_ratio: toFigure(logNormRatio(tensor, first)),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#computer[Symbol.asyncDispose]();
  }
}
