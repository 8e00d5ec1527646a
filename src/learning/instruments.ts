/**
 * What a run is looked at with: evaluation, the probes of a linearisation and kernel snapshots,
 * each compiled when it is first used. When to look is not decided here.
 */
import type { Backend, Tensors } from "#engine/backend.ts";
import type { Snapshots } from "#schemas/kernel.ts";
import { Evaluator } from "./evaluation.ts";
import { countOf, firstOf, type Split } from "./examples.ts";
import { AfterKernelProbe } from "./ntk/after-kernel.ts";
import type { FollowedOptions, SnapshotSettings } from "./ntk/followed.ts";
import { createSnapshotter, type SnapshotPlace, type Snapshotter } from "./ntk/snapshotter.ts";
import type { Prepared } from "./preparation.ts";
import { GapProbe, KernelProbe } from "./probe.ts";
import { stabilityOf } from "./stability.ts";

const afterKernelUsual = { examples: 128, ridge: 1e-3 } as const;

export function snapshotSettings(given: Snapshots): SnapshotSettings {
  return {
    every: given.every ?? null,
    at_anchor: given.at_anchor ?? false,
    examples: given.examples ?? 64,
    split: given.split ?? "test",
    kernel: given.kernel ?? "trace",
    eigenvalues: given.eigenvalues ?? 20,
    figures: given.figures ?? [],
    after_kernel: { ...afterKernelUsual, ...given.after_kernel },
    keep: given.keep ?? true,
  };
}

/** Examples that a kernel is looked at on. */
export interface SeenSplit {
  readonly split: "train" | "test";
  readonly probe: Split;
}

/** The probes that settings ask for; training examples stand in where there are no others. */
export function probesOf(
  { examples }: Pick<Prepared, "examples">,
  { split, examples: count }: SnapshotSettings,
): readonly [SeenSplit, ...SeenSplit[]] {
  const seen = (name: "train" | "test"): SeenSplit => {
    const whole = examples[name];
    return { split: name, probe: firstOf(whole, Math.min(count, countOf(whole))) };
  };
  if (split === "train" || countOf(examples.test) === 0) return [seen("train")];
  return split === "both" ? [seen("test"), seen("train")] : [seen("test")];
}

/** A value that is made once, when first asked for. */
class Lazy<Value extends AsyncDisposable> implements AsyncDisposable {
  readonly #make: () => Promise<Value>;
  #made: Promise<Value> | null = null;

  constructor(make: () => Promise<Value>) {
    this.#make = make;
  }

  async get(): Promise<Value> {
    this.#made ??= this.#make();
    return await this.#made;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const made = await this.#made?.catch(() => null);
    await made?.[Symbol.asyncDispose]();
  }
}

export class Instruments implements AsyncDisposable {
  readonly evaluator: Lazy<Evaluator>;
  readonly gap: Lazy<GapProbe>;
  readonly kernel: Lazy<KernelProbe>;
  readonly #snapshotter: Lazy<Snapshotter>;
  readonly #probesOfSnapshots: readonly Lazy<KernelProbe>[];
  #snapshots: Tensors;

  constructor(prepared: Prepared, backend: Backend, snapshots: Tensors) {
    const { network, precision, examples, task, assignment } = prepared;
    const { loss } = task;
    const base = { backend, precision, network, loss };
    const linearised = assignment.settings.algorithm.type !== "standard";
    const probe = { ...base, train: examples.train };
    this.#snapshots = snapshots;
    this.evaluator = new Lazy(() => Evaluator.compile({ ...base, examples, linearised }));
    this.gap = new Lazy(() => GapProbe.compile(probe));
    this.kernel = new Lazy(async () => new KernelProbe(probe, prepared.kernelExamples));
    const settings = snapshotSettings(assignment.settings.snapshots ?? {});
    const seen = probesOf(prepared, settings);
    this.#probesOfSnapshots = seen.map(
      ({ probe: train }) =>
        new Lazy(async () => new KernelProbe({ ...base, train }, countOf(train))),
    );
    const followed = (one: SeenSplit, at: number): FollowedOptions => ({
      ...base,
      ...one,
      settings,
      lambdaMax: async (parameters) => {
        const kernel = await this.#probesOfSnapshots[at]?.get();
        const found = await kernel?.lambdaMax(parameters, assignment.settings.seed);
        return found?.value ?? Number.NaN;
      },
      stableRate: (lambdaMax) =>
        stabilityOf({ lambdaMax, rate: 0, loss, optimizer: task.optimizer, phaseSteps: 1 })
          ?.stableLearningRate ?? null,
    });
    const [first, ...others] = seen;
    this.#snapshotter = new Lazy(async () => {
      const snapshotter = await createSnapshotter({
        followed: [followed(first, 0), ...others.map((one, at) => followed(one, at + 1))],
        after: () => afterKernel(prepared, backend, settings),
        gap: async (weights, anchor) =>
          (await (await this.gap.get()).look({ weights, anchor })).gap,
      });
      snapshotter.restore(this.#snapshots);
      return snapshotter;
    });
  }

  async snapshot(at: SnapshotPlace) {
    const snapshotter = await this.#snapshotter.get();
    const taken = await snapshotter.take(at);
    this.#snapshots = snapshotter.state();
    return taken;
  }

  /** What later snapshots compare with. */
  get snapshots(): Tensors {
    return this.#snapshots;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const all = [this.evaluator, this.gap, this.kernel, this.#snapshotter];
    for (const instrument of [...all, ...this.#probesOfSnapshots]) {
      await instrument[Symbol.asyncDispose]();
    }
  }
}

/** Null where it is not asked for, or nothing is held out. */
async function afterKernel(
  { network, precision, examples: { train, test } }: Prepared,
  backend: Backend,
  { figures, kernel, after_kernel: given }: SnapshotSettings,
): Promise<AfterKernelProbe | null> {
  if (!figures.includes("after_kernel") || countOf(test) === 0) return null;
  const { examples, ridge } = { ...afterKernelUsual, ...given };
  const first = (split: Split) => firstOf(split, Math.min(examples, countOf(split)));
  return await AfterKernelProbe.compile({
    ...{ network, backend, precision, variant: kernel, ridge },
    train: first(train),
    test: first(test),
  });
}
