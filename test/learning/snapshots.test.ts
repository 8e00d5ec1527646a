/** Kernel snapshots of whole runs: what each figure is, and that resuming and forking keep them. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { referenceBackend } from "#engine/backends/reference.ts";
import { tensor } from "#engine/tensor.ts";
import { readCheckpoint } from "#learning/checkpoint.ts";
import { firstOf } from "#learning/examples.ts";
import { AfterKernelProbe } from "#learning/ntk/after-kernel.ts";
import { alignmentOf } from "#learning/ntk/alignment.ts";
import { createKernel } from "#learning/ntk/kernel.ts";
import { targetsOf } from "#learning/ntk/targets.ts";
import { kernelRegression } from "#learning/regression.ts";
import { type KernelVariant, snapshotFigureNames } from "#schemas/kernel.ts";
import type { SnapshotFigures } from "#schemas/snapshot.ts";
import type { RunSettings, SteeringEntry } from "#src/channel.ts";
import { jacobianOf } from "./jacobian.ts";
import {
  columnOf,
  eventsOf,
  type Finished,
  smallExamples,
  smallNetwork,
  trained,
} from "./training.ts";

const network = smallNetwork();
const examples = smallExamples();
const backend = referenceBackend();
const parameters = Object.fromEntries(network.initialise(3));

const near = (actual: unknown, expected: number, bound = 1e-12) =>
  assert.ok(
    Math.abs(Number(actual) - expected) <= bound * Math.max(1, Math.abs(expected)),
    `${actual} instead of ${expected}`,
  );

const everything = {
  every: 6,
  at_anchor: true,
  examples: 5,
  split: "both",
  figures: [...snapshotFigureNames],
  after_kernel: { examples: 7, ridge: 0.01 },
} as const;

const settings: Partial<RunSettings> = {
  algorithm: { type: "linearised", period: 8 },
  optimizer: { type: "sgd", learning_rate: 0.2, schedule: { type: "cosine" } },
  snapshots: { ...everything, figures: [...everything.figures] },
  checkpoints: { every: 5, keep: 99 },
};

/** Figures but for the time that they took and names drawn at random. */
function figuresOf({ events }: Finished) {
  return eventsOf(events, "snapshot").map(({ id, digest, seconds, ...figures }) => figures);
}

const referencesOf = ({ events }: Finished) =>
  eventsOf(events, "checkpoint").map(({ id, step, digest }) => ({ id, step, digest }));

describe("figures of snapshots", () => {
  it("say how fast the kernel moves, a step and a unit of rate", async () => {
    const entry: SteeringEntry = { request: 1, changes: { learning_rate: 0.05 }, step: 9 };
    const run = await trained(settings, { change: { steering: [entry] } });
    const rates = columnOf(run.events, "learning_rate").map(Number);
    const taken = figuresOf(run);
    assert.deepEqual(
      taken.map(({ step }) => step),
      [0, 6, 8, 12, 16, 18, 24],
    );
    for (const [at, snapshot] of taken.entries()) {
      const before = taken[at - 1];
      if (before === undefined) {
        assert.deepEqual([snapshot.velocity, snapshot.velocity_per_rate], [null, null]);
        continue;
      }
      const moved = Number(snapshot.distance_to_previous);
      assert.ok(moved > 0);
      near(snapshot.velocity, moved / (snapshot.step - before.step));
      const sum = rates.slice(before.step, snapshot.step).reduce((a, b) => a + b, 0);
      near(snapshot.velocity_per_rate, moved / sum);
    }
  });

  it("state both probes, each as a run on that probe alone does", async () => {
    const both = figuresOf(await trained(settings));
    for (const split of ["test", "train"] as const) {
      const alone = figuresOf(
        await trained({
          ...settings,
          snapshots: { ...everything, figures: [...everything.figures], split },
        }),
      );
      for (const [at, one] of alone.entries()) {
        const seen = split === "test" ? both[at] : both[at]?.train;
        assert.equal(one.split, split);
        assert.equal(one.train, null);
        for (const name of Object.keys(both[0]?.train ?? {})) {
          const key = name as keyof NonNullable<SnapshotFigures["train"]>;
          assert.deepEqual(seen?.[key], one[key], `${split} ${name}`);
        }
      }
    }
  });

  it("state their conventions", async () => {
    const words = async (kernel: KernelVariant) => {
      const [first] = figuresOf(
        await trained({ steps: 1, snapshots: { every: 1, examples: 4, kernel } }),
      );
      return [first?.kernel, first?.centring, first?.normalisation, first?.examples, first?.split];
    };
    assert.deepEqual(await words("full"), ["full", "none", "none", 4, "test"]);
    assert.deepEqual(await words("pseudo"), ["pseudo", "none", "outputs", 4, "test"]);
  });

  it("hold the gap and the distance that the linearisation at the same step reports", async () => {
    const { events } = await trained(settings);
    const anchors = eventsOf(events, "anchor");
    const taken = eventsOf(events, "snapshot");
    for (const { step, linearisation_gap: gap, relative_distance: distance } of anchors.slice(1)) {
      const snapshot = taken.find((each) => each.step === step);
      assert.equal(snapshot?.linearisation_gap, gap);
      assert.equal(snapshot?.relative_distance, distance);
      assert.ok(Number(gap) > 0 && Number(distance) > 0);
    }
    const standard = await trained({ snapshots: { every: 12, examples: 4 } });
    const last = figuresOf(standard).at(-1);
    assert.equal(last?.linearisation_gap, null);
    assert.ok(Number(last?.relative_distance) > 0);
  });

  it("are the usual ones alone unless others are asked for", async () => {
    const [first] = figuresOf(await trained({ steps: 1, snapshots: { every: 1, examples: 4 } }));
    assert.deepEqual(
      [first?.layer_alignment, first?.cumulative_power, first?.after_kernel, first?.train],
      [null, null, null, null],
    );
  });
});

describe("alignment of layers", () => {
  for (const variant of ["full", "trace", "pseudo", "diagonal"] as const) {
    it(`is of parts that add up to the kernel, in blocks of any size (${variant})`, async () => {
      const base = {
        network,
        backend,
        precision: "float64",
        variant,
        x: examples.train.x,
      } as const;
      await using computer = await createKernel({ ...base, layers: true, block: 6 });
      const { tensor: whole, layers } = await computer.compute(parameters);
      assert.equal(layers.size, 2);
      for (const [at, value] of whole.data.entries()) {
        const sum = [...layers.values()].reduce((total, part) => total + (part.data[at] ?? 0), 0);
        near(sum, value, 1e-11);
      }
    });
  }

  it("is that of the layer's own columns of the Jacobian", async () => {
    const probe = firstOf(examples.test, 5);
    const { jacobian, rows, columns } = await jacobianOf(network, parameters, probe);
    const counts = network.parameters.map(({ shape }) => shape.reduce((a, b) => a * b, 1));
    const ofFirst = (counts[0] ?? 0) + (counts[1] ?? 0);
    const ranges = [
      [0, ofFirst],
      [ofFirst, columns],
    ] as const;
    const targets = targetsOf(probe.y, 3);
    assert.ok(targets !== undefined);
    const [first] = figuresOf(
      await trained({
        ...settings,
        snapshots: { examples: 5, every: 9, kernel: "full", figures: ["layer_alignment"] },
      }),
    );
    const seen = Object.values(first?.layer_alignment ?? {});
    assert.equal(seen.length, 2);
    for (const [at, [from, to]] of ranges.entries()) {
      const kernel = new Float64Array(rows * rows);
      for (let i = 0; i < rows; i += 1) {
        for (let j = 0; j < rows; j += 1) {
          for (let p = from; p < to; p += 1) {
            const product = (jacobian[i * columns + p] ?? 0) * (jacobian[j * columns + p] ?? 0);
            kernel[i * rows + j] = (kernel[i * rows + j] ?? 0) + product;
          }
        }
      }
      const own = alignmentOf("full", tensor("float64", [5, 3, 5, 3], kernel), targets);
      near(seen[at]?.alignment, own.plain, 1e-10);
      near(seen[at]?.centred_alignment, own.centred, 1e-10);
    }
  });
});

describe("the after-kernel", () => {
  it("is the regression with the full kernel from outputs of zero", async () => {
    const [train, test] = [firstOf(examples.train, 9), firstOf(examples.test, 6)];
    const base = { network, backend, precision: "float64" } as const;
    const options = { ...base, variant: "full", train, test, ridge: 0.02 } as const;
    await using probe = await AfterKernelProbe.compile(options);
    await using computer = await createKernel({ ...base, variant: "full", x: train.x });
    const { tensor: kernel } = await computer.compute(parameters);
    let trace = 0;
    for (let i = 0; i < 27; i += 1) trace += kernel.data[i * 28] ?? 0;
    const ridge = (0.02 * trace) / 27 / 9;
    const found = await kernelRegression({
      ...base,
      parameters,
      examples: { train, test },
      ridge,
      prior: "zero",
    });
    const score = await probe?.score(parameters);
    assert.equal(score?.accuracy, found.test.accuracy);
    near(score?.loss, found.test.loss, 1e-9);
  });

  it("compares every step with the first, whose kernel every other variant has too", async () => {
    for (const kernel of ["trace", "pseudo", "diagonal"] as const) {
      const taken = figuresOf(
        await trained({
          ...settings,
          snapshots: { ...everything, figures: ["after_kernel"], kernel },
        }),
      ).map(({ after_kernel: after }) => after);
      const [first] = taken;
      assert.deepEqual([first?.train_examples, first?.test_examples, first?.ridge], [7, 7, 0.01]);
      for (const after of taken) {
        assert.equal(after?.first_loss, first?.loss);
        assert.equal(after?.first_accuracy, first?.accuracy);
      }
      assert.notEqual(taken.at(-1)?.loss, first?.loss);
    }
  });
});

describe("kernels that later ones are compared with", () => {
  it("are the same after resuming from any checkpoint", async () => {
    const whole = await trained(settings);
    const expected = figuresOf(whole);
    for (const reference of referencesOf(whole)) {
      const change = { checkpoints: [reference] };
      const resumed = figuresOf(await trained(settings, { artifacts: whole.artifacts, change }));
      assert.ok(resumed.length > 0 || reference.step === 24);
      for (const one of resumed) {
        assert.deepEqual(
          one,
          expected.find(({ step }) => step === one.step),
        );
      }
    }
  });

  it("go on in a fork that looks at the same probe, and begin anew on another", async () => {
    const parent = await trained({ ...settings, steps: 15 });
    const change = { run: "run_2", checkpoints: referencesOf(parent).slice(-1) };
    const from = { artifacts: parent.artifacts, change };
    const whole = figuresOf(await trained(settings));
    const snapshots = { ...everything, figures: [...everything.figures] };
    const fork = figuresOf(
      await trained({ ...settings, snapshots: { ...snapshots, every: 9 } }, from),
    );
    const at18 = fork.find(({ step }) => step === 18);
    const expected = whole.find(({ step }) => step === 24);
    assert.ok(at18 !== undefined && expected !== undefined);
    assert.ok(Number(at18.distance_to_first) > 0 && Number(at18.velocity) > 0);
    assert.equal(at18.after_kernel?.first_loss, expected.after_kernel?.first_loss);
    const other = figuresOf(
      await trained({ ...settings, snapshots: { ...snapshots, examples: 4 } }, from),
    );
    assert.equal(other[0]?.distance_to_first, 0);
    assert.equal(other[0]?.velocity, null);
    const regressed = { ...snapshots, after_kernel: { examples: 6, ridge: 0.01 } };
    const [again] = figuresOf(await trained({ ...settings, snapshots: regressed }, from));
    assert.equal(again?.after_kernel?.first_loss, again?.after_kernel?.loss);
    assert.ok(Number(again?.distance_to_first) > 0);
  });

  it("are read from checkpoints that know no clock, without velocity for once", async () => {
    const whole = await trained(settings);
    const [reference] = referencesOf(whole).filter(({ step }) => step === 10);
    assert.ok(reference !== undefined);
    const bytes = whole.artifacts.kept.get(reference.digest) ?? new Uint8Array();
    const manifest = JSON.parse(Buffer.from(bytes).toString("utf8"));
    delete manifest.position.kernelClock;
    const stored = await whole.artifacts.put(Buffer.from(JSON.stringify(manifest)), {
      bytesMax: 1e6,
    });
    const old = { ...reference, digest: stored.digest };
    assert.equal((await readCheckpoint(whole.artifacts, old.digest)).state.position.step, 10);
    const change = { checkpoints: [old] };
    const [first, second] = figuresOf(
      await trained(settings, { artifacts: whole.artifacts, change }),
    );
    assert.deepEqual([first?.step, first?.velocity], [12, null]);
    assert.ok(Number(first?.distance_to_previous) > 0);
    assert.ok(Number(second?.velocity) > 0);
  });
});
