/** Whole runs in this process: what they report, and that nothing depends on how they are cut. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { referenceBackend } from "#engine/backends/reference.ts";
import { tensor } from "#engine/tensor.ts";
import { readCheckpoint } from "#learning/checkpoint.ts";
import type { Controls } from "#learning/steering.ts";
import type { Evaluation, Steering } from "#schemas/run.ts";
import { fromFigure } from "#schemas/values.ts";
import type {
  CheckpointReference,
  RunSettings,
  SteeringEntry,
  TrainerEvent,
} from "#src/channel.ts";
import { jacobianOf } from "./jacobian.ts";
import {
  columnOf,
  eventsOf,
  type Finished,
  lastWeights,
  smallExamples,
  smallNetwork,
  trained,
} from "./training.ts";

const linearised = (period: Extract<RunSettings["algorithm"], { type: "linearised" }>["period"]) =>
  ({ type: "linearised", period }) as const;

function referencesOf({ events }: Finished): readonly CheckpointReference[] {
  return eventsOf(events, "checkpoint").map(({ id, step, digest }) => ({ id, step, digest }));
}

/** Everything that must not depend on how a run is cut. */
function seen(events: readonly TrainerEvent[]): unknown {
  return events
    .filter(({ kind }) => kind !== "metrics" && kind !== "checkpoint" && kind !== "log")
    .map(({ key, data }) => {
      const { id, seconds, digest, ...rest } = data as Record<string, unknown>;
      return [key, rest];
    });
}

const kinds: Readonly<Record<string, Partial<RunSettings>>> = {
  standard: { optimizer: { type: "sgd", learning_rate: 0.1, momentum: 0.9 } },
  "linearised with Adam": {
    algorithm: linearised(7),
    optimizer: { type: "adam", learning_rate: 0.02, schedule: { type: "cosine" } },
    snapshots: { every: 6, at_anchor: true, examples: 5 },
  },
  "linearised at every step, then frozen": { algorithm: linearised({ every_step_until: 8 }) },
  "linearised with kept primals": {
    algorithm: { ...linearised(11), primals: "keep", optimizer_state: "reset" },
    optimizer: { type: "adamw", learning_rate: 0.02, weight_decay: 0.1 },
  },
  adaptive: { algorithm: linearised({ gap: 0.03, check_every: 3 }) },
  "lazy on full batches": { algorithm: linearised("never"), batch_size: "full" },
};

describe("a run", () => {
  for (const [name, settings] of Object.entries(kinds)) {
    it(`gives the same bits whatever the length of calls (${name})`, async () => {
      const whole = await trained(settings, { chunkSteps: 1000 });
      for (const chunkSteps of [1, 5]) {
        const cut = await trained(settings, { chunkSteps });
        assert.equal(lastWeights(cut), lastWeights(whole));
        assert.deepEqual(columnOf(cut.events, "loss"), columnOf(whole.events, "loss"));
        assert.deepEqual(seen(cut.events), seen(whole.events));
      }
    });

    it(`goes on bit for bit from any of its checkpoints (${name})`, async () => {
      const whole = await trained({ ...settings, checkpoints: { every: 1, keep: 99 } });
      const { artifacts } = whole;
      for (const reference of referencesOf(whole).filter(({ step }) => step % 5 !== 0)) {
        const change = { attempt: 2, checkpoints: [reference] };
        const resumed = await trained(settings, { artifacts, change });
        assert.equal(lastWeights(resumed), lastWeights(whole), `from step ${reference.step}`);
        const later = whole.events.filter(({ kind, data }) =>
          kind === "anchor"
            ? (data as { step: number }).step >= reference.step
            : (data as { step?: number }).step !== undefined &&
              (data as { step: number }).step > reference.step,
        );
        const known = JSON.stringify(seen(resumed.events));
        for (const one of seen(later) as unknown[]) {
          if (String((one as unknown[])[0]).startsWith("snapshot")) continue;
          assert.ok(known.includes(JSON.stringify(one)), `${JSON.stringify(one)} is there again`);
        }
      }
    });
  }

  it("never uses a key twice", async () => {
    for (const settings of Object.values(kinds)) {
      const { events } = await trained({ ...settings, checkpoints: { every: 4, keep: 9 } });
      const keys = events.map(({ key }) => key);
      assert.equal(new Set(keys).size, keys.length);
    }
  });

  it("reports every step once, evaluates at 0, every so often and at the end", async () => {
    const { events, outcome } = await trained({ steps: 23 });
    assert.equal(columnOf(events, "loss").length, 23);
    assert.equal(columnOf(events, "learning_rate").length, 23);
    assert.deepEqual(
      eventsOf(events, "evaluation").map(({ step }) => step),
      [0, 10, 20, 23],
    );
    assert.deepEqual(
      eventsOf(events, "checkpoint").map(({ final }) => final),
      [true],
    );
    assert.equal(outcome.type, "succeeded");
  });

  it("has one evaluation for both functions when it is standard", async () => {
    const { outcome } = await trained({});
    assert.ok(outcome.type === "succeeded");
    assert.deepEqual(outcome.result.linearised, outcome.result.network);
  });

  it("sees the same batches whatever its period", async () => {
    const first = await trained({ optimizer: { type: "sgd", learning_rate: 1e-12 } });
    const other = await trained({
      optimizer: { type: "sgd", learning_rate: 1e-12 },
      algorithm: linearised("never"),
    });
    const a = columnOf(first.events, "loss") as number[];
    const b = columnOf(other.events, "loss") as number[];
    for (const [at, loss] of a.entries()) assert.ok(Math.abs(loss - (b[at] ?? 0)) < 1e-9);
  });

  it("with period 1 is standard training to the bit, with anchors besides", async () => {
    const standard = await trained({});
    const every = await trained({ algorithm: linearised(1) });
    const strict = await trained({ algorithm: { ...linearised(1), solver: "weight_space" } });
    for (const run of [every, strict]) {
      assert.deepEqual(columnOf(run.events, "loss"), columnOf(standard.events, "loss"));
      const [a, b] = [run, standard].map(({ outcome }) =>
        outcome.type === "succeeded" ? outcome.result.network : null,
      );
      assert.deepEqual(a, b);
    }
    assert.equal(eventsOf(every.events, "anchor").length, 24);
    assert.deepEqual(eventsOf(every.events, "anchor"), eventsOf(strict.events, "anchor"));
    assert.ok(columnOf(every.events, "distance_from_anchor").every((value) => value === 0));
    assert.deepEqual(columnOf(every.events, "anchor_step").slice(0, 3), [0, 1, 2]);
  });
});

describe("lazy training", () => {
  it("on full batches of mean_squared_error is kernel gradient descent", async () => {
    const network = smallNetwork();
    const examples = smallExamples(12);
    const n = 12;
    const [rate, steps, seed] = [0.3, 40, 3];
    const run = await trained(
      {
        algorithm: linearised("never"),
        loss: "mean_squared_error",
        optimizer: { type: "sgd", learning_rate: rate },
        batch_size: "full",
        steps,
        seed,
      },
      { network, examples },
    );
    const start = Object.fromEntries(network.initialise(seed));
    const { jacobian, rows, columns, outputs } = await jacobianOf(network, start, examples.train);
    const residual = Float64Array.from(outputs, (f, at) => {
      const label = examples.train.y.data[Math.floor(at / 3)];
      return f - (at % 3 === label ? 1 : 0);
    });
    // r ← (I − ηΘ/n) r, and the loss is ‖r‖²/(2n).
    const losses: number[] = [];
    for (let step = 0; step < steps; step++) {
      losses.push(residual.reduce((sum, r) => sum + r * r, 0) / (2 * n));
      const slope = new Float64Array(columns);
      for (let i = 0; i < rows; i++) {
        for (let k = 0; k < columns; k++) {
          slope[k] = (slope[k] ?? 0) + (jacobian[i * columns + k] ?? 0) * (residual[i] ?? 0);
        }
      }
      for (let i = 0; i < rows; i++) {
        let change = 0;
        for (let k = 0; k < columns; k++) {
          change += (jacobian[i * columns + k] ?? 0) * (slope[k] ?? 0);
        }
        residual[i] = (residual[i] ?? 0) - (rate / n) * change;
      }
    }
    const found = columnOf(run.events, "loss") as number[];
    assert.equal(found.length, steps);
    for (const [at, loss] of losses.entries()) {
      assert.ok(Math.abs((found[at] ?? 0) - loss) < 1e-10 * loss, `step ${at}`);
    }
  });

  it("converges below the stable rate that it reports and diverges above", async () => {
    const base = {
      algorithm: linearised("never"),
      loss: "mean_squared_error",
      batch_size: "full",
      steps: 1500,
      evaluate: { every: 1500 },
    } as const;
    const probe = await trained({
      ...base,
      optimizer: { type: "sgd", learning_rate: 0.1 },
      steps: 1,
    });
    const [first] = eventsOf(probe.events, "anchor");
    const stable = fromFigure(first?.stable_learning_rate ?? "NaN");
    assert.equal(first?.warning, null);
    const at = (learning_rate: number) =>
      trained({ ...base, optimizer: { type: "sgd", learning_rate } });
    const below = await at(0.98 * stable);
    const losses = columnOf(below.events, "loss") as number[];
    assert.ok((losses.at(-1) ?? 0) < (losses[0] ?? 0));
    assert.equal(below.outcome.type, "succeeded");
    const above = await at(1.02 * stable);
    assert.match(eventsOf(above.events, "anchor")[0]?.warning ?? "", /diverges in a linear phase/);
    assert.ok(above.outcome.type === "failed");
    assert.equal(above.outcome.error.code, "diverged");
  });
});

describe("a run that diverges", () => {
  const wild: Partial<RunSettings> = {
    loss: "mean_squared_error",
    optimizer: { type: "sgd", learning_rate: 50 },
    steps: 200,
  };

  it("fails at the same step however it is cut, and says which", async () => {
    const whole = await trained(wild, { chunkSteps: 1000 });
    const cut = await trained(wild, { chunkSteps: 3 });
    assert.ok(whole.outcome.type === "failed");
    assert.equal(whole.outcome.error.code, "diverged");
    assert.deepEqual(cut.outcome, whole.outcome);
    assert.deepEqual(columnOf(cut.events, "loss"), columnOf(whole.events, "loss"));
    assert.match(
      whole.outcome.error.message,
      new RegExp(`at step ${columnOf(whole.events, "loss").length}: `),
    );
  });

  it("goes on when it is told to", async () => {
    const { outcome } = await trained({ ...wild, stop: { diverged: false } });
    assert.equal(outcome.type, "succeeded");
  });
});

describe("stopping", () => {
  it("ends at an evaluation whose training loss is low enough", async () => {
    const target = 1;
    const { events, outcome } = await trained({ stop: { loss: target }, evaluate: { every: 2 } });
    assert.equal(outcome.type, "succeeded");
    const evaluations = eventsOf(events, "evaluation");
    const losses = evaluations.map(({ linearised: { train } }) => fromFigure(train.loss));
    assert.ok((losses.at(-1) ?? 9) <= target);
    assert.ok(losses.slice(0, -1).every((loss) => loss > target));
    assert.ok((evaluations.at(-1)?.step ?? 24) < 24);
  });

  it("ends when its seconds are used up, counting earlier attempts", async () => {
    let now = 0;
    const nowMs = () => (now += 100);
    const { events, outcome } = await trained(
      { stop: { seconds: 10 } },
      { nowMs, chunkSteps: 1, change: { secondsUsed: 9 } },
    );
    assert.equal(outcome.type, "succeeded");
    const { step = 0, final } = eventsOf(events, "checkpoint").at(-1) ?? {};
    assert.ok(step > 0 && step < 24);
    assert.equal(final, true);
  });

  it("saves and ends when it is to pause or to be cancelled", async () => {
    for (const wish of ["pause", "cancel"] as const) {
      let asked = 0;
      const controls: Controls = {
        wanted: () => (asked++ < 3 ? "run" : wish),
        steering: () => [],
      };
      const whole = await trained({});
      const first = await trained({}, { controls, chunkSteps: 4 });
      assert.equal(first.outcome.type, wish === "pause" ? "paused" : "cancelled");
      const [reference] = referencesOf(first);
      assert.ok(reference !== undefined && reference.step < 24);
      const rest = await trained(
        {},
        { artifacts: first.artifacts, change: { attempt: 2, checkpoints: [reference] } },
      );
      assert.equal(lastWeights(rest), lastWeights(whole));
    }
  });
});

describe("checkpoints", () => {
  it("are passed over when damaged, for the next older one", async () => {
    const whole = await trained({ checkpoints: { every: 8, keep: 9 } });
    const references = [...referencesOf(whole)].reverse();
    const [newest, older] = references;
    const { state } = await readCheckpoint(whole.artifacts, older?.digest ?? "");
    assert.equal(state.position.step, 16);
    whole.artifacts.kept.delete(lastWeights(whole));
    const started: number[] = [];
    const resumed = await trained(
      {},
      {
        artifacts: whole.artifacts,
        change: { checkpoints: references },
        started: (_, step) => started.push(step),
      },
    );
    assert.deepEqual(started, [16]);
    const [log] = eventsOf(resumed.events, "log");
    assert.match(log?.message ?? "", new RegExp(`${newest?.id}.*passed over`));
  });

  it("by time change no number and no other key", async () => {
    let now = 0;
    const slow = await trained(kinds["linearised with Adam"] ?? {}, {
      nowMs: () => (now += 3000),
      chunkSteps: 2,
    });
    const quick = await trained(kinds["linearised with Adam"] ?? {}, {
      nowMs: () => 0,
      chunkSteps: 2,
    });
    assert.ok(eventsOf(slow.events, "checkpoint").length > 1);
    assert.equal(eventsOf(quick.events, "checkpoint").length, 1);
    assert.deepEqual(seen(slow.events), seen(quick.events));
    assert.deepEqual(columnOf(slow.events, "loss"), columnOf(quick.events, "loss"));
  });

  it("of another run are where a fork begins, with its changes", async () => {
    const parent = await trained({ steps: 12, algorithm: linearised(5) });
    const change = { run: "run_2", checkpoints: referencesOf(parent) };
    const { artifacts } = parent;
    const same = await trained({ algorithm: linearised(5) }, { artifacts, change });
    const whole = await trained({ algorithm: linearised(5) });
    assert.deepEqual(columnOf(same.events, "loss"), columnOf(whole.events, "loss").slice(12));
    const lazy = await trained({ algorithm: linearised("never") }, { artifacts, change });
    assert.deepEqual(
      eventsOf(lazy.events, "anchor").map(({ step, index }) => [step, index]),
      [[12, 0]],
    );
    const adam = await trained(
      { optimizer: { type: "adam", learning_rate: 0.01 } },
      { artifacts, change },
    );
    assert.equal(adam.outcome.type, "succeeded");
    assert.equal(columnOf(adam.events, "loss").length, 12);
  });
});

describe("steering", () => {
  const entry = (request: number, changes: Steering, step: number | null): SteeringEntry => ({
    request,
    changes,
    step,
  });

  it("takes effect at the end of a chunk and again at the same step on resuming", async () => {
    const settings = { algorithm: linearised(6), checkpoints: { every: 2, keep: 99 } } as const;
    const changes: Steering = { learning_rate: 0.02, period: 3, evaluate_every: 7 };
    let asked = 0;
    const entries: SteeringEntry[] = [];
    const controls: Controls = {
      wanted: () => {
        if (++asked === 5) entries.push(entry(1, changes, null));
        return "run";
      },
      steering: () => entries,
    };
    const live = await trained(settings, { controls, chunkSteps: 2 });
    const [steered] = eventsOf(live.events, "steered");
    assert.deepEqual(steered?.changes, changes);
    assert.ok(steered.step > 0);
    const rates = columnOf(live.events, "learning_rate") as number[];
    assert.equal(rates[steered.step - 1], 0.1);
    assert.equal(rates[steered.step], 0.02);
    for (const reference of referencesOf(live)) {
      const steering = [entry(1, changes, steered.step)];
      const change = { checkpoints: [reference], steering };
      const resumed = await trained(settings, { artifacts: live.artifacts, change });
      assert.equal(lastWeights(resumed), lastWeights(live), `from ${reference.step}`);
      const again = eventsOf(resumed.events, "steered");
      assert.equal(again.length, reference.step <= steered.step ? 1 : 0);
    }
  });

  it("linearises on request and counts a period from there", async () => {
    const change = { steering: [entry(1, { relinearise: true }, 8)] };
    const { events } = await trained({ algorithm: linearised(5) }, { change });
    const steps = eventsOf(events, "anchor").map(({ step }) => step);
    assert.deepEqual(steps, [0, 5, 8, 13, 18, 23]);
  });

  it("that has no step yet waits for the steps that are on the log", async () => {
    const change = { steering: [entry(1, { learning_rate: 0.5 }, null)], stepsLogged: 9 };
    const { events } = await trained({}, { change });
    assert.equal(eventsOf(events, "steered")[0]?.step, 9);
  });
});

describe("a plan", () => {
  it("refuses what does not fit in memory, with figures", async () => {
    const { outcome, events } = await trained({}, { change: { memoryBytesMax: 1000 } });
    assert.ok(outcome.type === "failed");
    assert.equal(outcome.error.code, "too_large");
    assert.match(outcome.error.message, /needs about \d+ MB and may use 1 MB/);
    assert.equal(events.length, 0);
  });

  it("counts the products of a step as the formulae say", async () => {
    const plans: { flops: number; solver: string; primals: unknown }[] = [];
    const started = (plan: (typeof plans)[number]) => void plans.push(plan);
    const of = (settings: Partial<RunSettings>) => trained({ steps: 10, ...settings }, { started });
    await of({});
    await of({ algorithm: linearised(2) });
    await of({ algorithm: linearised("never"), batch_size: "full" });
    // P = 24 + 18 weights in products, P1 = 24 of them in the first layer.
    const [p, p1] = [42, 24];
    assert.equal(plans[0]?.flops, (6 * p - 2 * p1) * 4 * 10);
    assert.equal(plans[1]?.flops, (10 * p - 4 * p1) * 4 * 10);
    assert.equal(plans[2]?.flops, (8 * p - 4 * p1) * 20 * 10 + 2 * p * 20);
    assert.deepEqual(
      plans.map(({ primals }) => primals),
      [null, "recompute", "keep"],
    );
  });
});

describe("evaluation", () => {
  it("scores ragged blocks and both functions as a plain sum does", async () => {
    const examples = smallExamples(600, 530);
    const network = smallNetwork();
    const { outcome } = await trained(
      { algorithm: linearised("never"), steps: 3, loss: "mean_squared_error" },
      { examples, network },
    );
    assert.ok(outcome.type === "succeeded");
    const result: Evaluation = outcome.result;
    const small = await trained(
      { algorithm: linearised("never"), steps: 3, loss: "mean_squared_error" },
      {
        network,
        examples: {
          ...examples,
          test: { x: firstRows(examples.test.x), y: firstRows(examples.test.y) },
        },
      },
    );
    assert.ok(small.outcome.type === "succeeded");
    assert.deepEqual(small.outcome.result.network.train, result.network.train);
    assert.notDeepEqual(result.linearised, result.network);
  });

  it("of a test split without examples is NaN", async () => {
    const examples = smallExamples(20, 0);
    const { outcome } = await trained({}, { examples, backend: referenceBackend() });
    assert.ok(outcome.type === "succeeded");
    assert.equal(outcome.result.network.test.loss, "NaN");
  });
});

function firstRows({ shape, data, dtype }: ReturnType<typeof tensor>) {
  const width = data.length / (shape[0] ?? 1);
  return tensor(dtype, [5, ...shape.slice(1)], data.subarray(0, 5 * width));
}
