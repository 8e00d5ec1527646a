/**
 * What a run is looked at with: evaluation, the probes of a linearisation and kernel snapshots,
 * each compiled when it is first used. When to look is not decided here.
 */
import type { Backend, Tensors } from "#engine/backend.ts";
import type { Snapshots } from "#schemas/run.ts";
import { Evaluator } from "./evaluation.ts";
import { countOf, firstOf } from "./examples.ts";
import { createSnapshotter, type Snapshotter } from "./ntk/snapshotter.ts";
import type { Prepared } from "./preparation.ts";
import { GapProbe, KernelProbe } from "./probe.ts";
import { stabilityOf } from "./stability.ts";

export function snapshotSettings(given: Snapshots): Required<Snapshots> {
  return {
    every: given.every ?? null,
    at_anchor: given.at_anchor ?? false,
    examples: given.examples ?? 64,
    split: given.split ?? "test",
    kernel: given.kernel ?? "trace",
    eigenvalues: given.eigenvalues ?? 20,
    keep: given.keep ?? true,
  };
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
  readonly #probeOfSnapshots: Lazy<KernelProbe>;
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
    this.kernel = new Lazy(() => KernelProbe.compile(probe, prepared.kernelExamples));
    const settings = snapshotSettings(assignment.settings.snapshots ?? {});
    const wanted = examples[settings.split];
    const split = countOf(wanted) === 0 ? examples.train : wanted;
    const seen = firstOf(split, Math.min(settings.examples, countOf(split)));
    this.#probeOfSnapshots = new Lazy(() =>
      KernelProbe.compile({ ...base, train: seen }, countOf(seen)),
    );
    this.#snapshotter = new Lazy(async () => {
      const snapshotter = await createSnapshotter({
        ...base,
        x: seen.x,
        y: seen.y,
        settings,
        lambdaMax: async (parameters) => {
          const kernel = await this.#probeOfSnapshots.get();
          return (await kernel.lambdaMax(parameters, assignment.settings.seed)).value;
        },
        stableRate: (lambdaMax) =>
          stabilityOf({ lambdaMax, rate: 0, loss, optimizer: task.optimizer, phaseSteps: 1 })
            ?.stableLearningRate ?? null,
      });
      snapshotter.restore(this.#snapshots);
      return snapshotter;
    });
  }

  async snapshot(at: { readonly parameters: Tensors; readonly step: number }) {
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
    const all = [this.evaluator, this.gap, this.kernel, this.#snapshotter, this.#probeOfSnapshots];
    for (const instrument of all) await instrument[Symbol.asyncDispose]();
  }
}
