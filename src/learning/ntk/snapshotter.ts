/**
 * Kernel snapshots of a run: the kernel on the probe of one split or of both, what a regression
 * with it scores, and the figures of all as one record.
 */
import type { Tensors } from "#engine/backend.ts";
import { type Tensor, tensor } from "#engine/tensor.ts";
import { relativeDistance } from "#learning/anchor-report.ts";
import type { AfterKernel, SnapshotFigures } from "#schemas/snapshot.ts";
import { toFigure } from "#schemas/values.ts";
import type { AfterKernelProbe, AfterScore } from "./after-kernel.ts";
import { type Elapsed, FollowedKernel, type FollowedOptions } from "./followed.ts";

/** ‖f − f_lin‖ / ‖f_lin − f_s‖ at weights and anchor. */
export type GapLooker = (weights: Tensors, anchor: Tensors) => Promise<number>;

export interface SnapshotterOptions {
  /** The probes; the first is the record's own, a second is its `train`. */
  readonly followed: readonly [FollowedOptions, ...FollowedOptions[]];
  /** Compiles the regression; null where none is asked for or possible. */
  readonly after: () => Promise<AfterKernelProbe | null>;
  readonly gap: GapLooker;
}

/** Where a snapshot is taken. */
export interface SnapshotPlace {
  /** By name. */
  readonly parameters: Tensors;
  readonly step: number;
  /** Since the snapshot before; null at the first. */
  readonly elapsed: Elapsed | null;
  /** θ_s; null for standard training. */
  readonly anchor: Tensors | null;
  /** θ₀; null where it is not known. */
  readonly start: Tensors | null;
}

export interface SnapshotTaken {
  readonly figures: SnapshotFigures;
  /** `kernel`, and `kernel_train` where both probes are looked at. */
  readonly kernels: ReadonlyMap<string, Tensor>;
}

/** Compiles the kernels on the probes. Failures of `createKernel` pass through. */
export async function createSnapshotter(options: SnapshotterOptions): Promise<Snapshotter> {
  const [main, other] = options.followed;
  const followed = await FollowedKernel.compile(main);
  const train = other === undefined ? null : await FollowedKernel.compile(other);
  return new Snapshotter({ followed, train, after: await options.after(), gap: options.gap });
}

interface Parts {
  readonly followed: FollowedKernel;
  readonly train: FollowedKernel | null;
  readonly after: AfterKernelProbe | null;
  readonly gap: GapLooker;
}

/** Prefix of what the second probe remembers. */
const trainPrefix = "train/";
/** Accuracy (NaN for none) and loss with the first kernel. */
export const firstScore = "after/first";

export class Snapshotter implements AsyncDisposable {
  readonly #parts: Parts;
  #firstScore: AfterScore | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** The kernels at a place and their figures; they become the previous ones. */
  async take(at: SnapshotPlace): Promise<SnapshotTaken> {
    const started = performance.now();
    const { parameters, elapsed } = at;
    const main = await this.#parts.followed.take(parameters, elapsed);
    const train = await this.#parts.train?.take(parameters, elapsed);
    const after = await this.#after(parameters);
    const gap = at.anchor === null ? null : await this.#parts.gap(parameters, at.anchor);
    const { variant, outputs } = main.kernel;
    const isDivided = variant === "trace" || variant === "pseudo";
    const figures: SnapshotFigures = {
      step: at.step,
      kernel: variant,
      outputs,
      centring: "none",
      normalisation: isDivided ? "outputs" : "none",
      ...main.figures,
      train: train?.figures ?? null,
      after_kernel: after,
      linearisation_gap: gap === null ? null : toFigure(gap),
      relative_distance:
        at.start === null ? null : toFigure(relativeDistance(parameters, at.start)),
      seconds: (performance.now() - started) / 1000,
    };
    const kernels = new Map([["kernel", main.kernel.tensor]]);
    if (train !== undefined) kernels.set("kernel_train", train.kernel.tensor);
    return { figures, kernels };
  }

  /** What later figures compare with; empty before the first snapshot. */
  state(): Tensors {
    const train = Object.entries(this.#parts.train?.state() ?? {});
    const { accuracy, loss } = this.#firstScore ?? { accuracy: null, loss: Number.NaN };
    const score = tensor("float64", [2], [accuracy ?? Number.NaN, loss]);
    return {
      ...this.#parts.followed.state(),
      ...Object.fromEntries(train.map(([name, kernel]) => [trainPrefix + name, kernel])),
      ...(this.#firstScore === undefined ? {} : { [firstScore]: score }),
    };
  }

  restore(state: Tensors): void {
    this.#parts.followed.restore(state);
    const train = Object.entries(state)
      .filter(([name]) => name.startsWith(trainPrefix))
      .map(([name, kernel]) => [name.slice(trainPrefix.length), kernel]);
    this.#parts.train?.restore(Object.fromEntries(train));
    const [accuracy = Number.NaN, loss = Number.NaN] = state[firstScore]?.data ?? [];
    if (state[firstScore] === undefined) return;
    this.#firstScore = { accuracy: Number.isNaN(accuracy) ? null : accuracy, loss };
  }

  async #after(parameters: Tensors): Promise<AfterKernel | null> {
    const { after } = this.#parts;
    if (after === null) return null;
    const score = await after.score(parameters);
    this.#firstScore ??= score;
    const first = this.#firstScore;
    const share = (value: number | null) => (value === null ? null : toFigure(value));
    return {
      ...after.stated,
      accuracy: share(score.accuracy),
      loss: toFigure(score.loss),
      first_accuracy: share(first.accuracy),
      first_loss: toFigure(first.loss),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { followed, train, after } = this.#parts;
    for (const part of [followed, train, after]) await part?.[Symbol.asyncDispose]();
  }
}
