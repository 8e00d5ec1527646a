/** The plan of a run, the choice of a solver, and whole runs with each. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { networkFrom } from "#engine/layers/definition.ts";
import { zeros } from "#engine/tensor.ts";
import { prepare } from "#learning/preparation.ts";
import { nominalSpeed } from "#learning/speed.ts";
import { startingState } from "#learning/starting-state.ts";
import type { RunSettings } from "#src/channel.ts";
import { Failure } from "#src/failure.ts";
import {
  assignmentOf,
  columnOf,
  eventsOf,
  lastWeights,
  settingsOf,
  smallExamples,
  smallNetwork,
  trained,
} from "./training.ts";

type Linearised = Extract<RunSettings["algorithm"], { type: "linearised" }>;
const linearised = (
  period: Linearised["period"],
  solver: NonNullable<Linearised["solver"]> = "auto",
): Linearised => ({ type: "linearised", period, solver });

const squares: Partial<RunSettings> = {
  loss: "mean_squared_error",
  batch_size: "full",
  optimizer: { type: "sgd", learning_rate: 0.1, momentum: 0.5 },
};

const fast = nominalSpeed({ engine: "onnxruntime", device: "cpu" });

function planOf(settings: Partial<RunSettings>, memoryBytesMax = 4e9, examples = smallExamples()) {
  const assignment = assignmentOf(settingsOf(settings), { memoryBytesMax });
  const given = { network: smallNetwork(), examples };
  return prepare(assignment, given, { engine: "onnxruntime", device: "cpu", speed: fast }).plan;
}

describe("the choice of a solver", () => {
  it("is the closed form for a long phase of squares, function space for other losses", () => {
    const steps = 1_000_000;
    assert.equal(
      planOf({ ...squares, steps, algorithm: linearised("never") }).solver,
      "closed_form",
    );
    const plan = planOf({ steps, batch_size: "full", algorithm: linearised("never") });
    assert.equal(plan.solver, "function_space");
    assert.ok(plan.alternatives.some(({ solver }) => solver.startsWith("weight_space")));
    for (const { seconds = 0 } of plan.alternatives) assert.ok(seconds > (plan.seconds ?? 0));
  });

  it("is weight space where phases are short or the optimiser leaves the rows of J", () => {
    const adam = { type: "adam", learning_rate: 0.01 } as const;
    assert.equal(
      planOf({ algorithm: linearised("never"), optimizer: adam }).solver,
      "weight_space",
    );
    const short = planOf({ steps: 1000, algorithm: linearised(2) });
    assert.equal(short.solver, "weight_space");
  });

  it("goes without the kernel where that is too large to be read at each step", () => {
    const network = networkFrom({
      input: { shape: [400] },
      layers: [
        { type: "dense", units: 300, activation: "relu" },
        { type: "dense", units: 10 },
      ],
    });
    const { train } = smallExamples(400);
    const given = { train: { ...train, x: zeros("float64", [400, 400]) } };
    const examples = { ...given, test: given.train, classes: 10 };
    const place = { engine: "onnxruntime", device: "cpu", speed: fast } as const;
    const planned = (batch_size: number | "full", steps: number) => {
      const algorithm = linearised("never");
      const settings = settingsOf({ algorithm, batch_size, steps, dtype: "float32" });
      const assignment = assignmentOf(settings, { memoryBytesMax: 4e9 });
      return prepare(assignment, { network, examples }, place);
    };
    const { plan, forms } = planned("full", 500);
    assert.equal(plan.solver, "function_space");
    assert.match(plan.reason, /with products of the Jacobian, without the kernel/);
    assert.equal(forms.solver?.route, "jacobian");
    assert.equal(planned(20, 500).plan.solver, "weight_space");
  });

  it("is refused with the reason where the one asked for cannot compute the run", () => {
    const refused = (settings: Partial<RunSettings>, memory?: number): Failure => {
      try {
        planOf(settings, memory);
      } catch (error) {
        if (error instanceof Failure) return error;
      }
      return assert.fail("not refused");
    };
    const adam = { type: "adam", learning_rate: 0.01 } as const;
    const asked = { algorithm: linearised(7, "function_space"), optimizer: adam };
    assert.match(refused(asked).message, /adam does not move along/);
    const closed = { ...squares, algorithm: linearised(7, "closed_form") };
    assert.match(refused({ ...closed, batch_size: 4 }).message, /full batches/);
    assert.match(
      refused({ ...closed, loss: "softmax_cross_entropy" }).message,
      /mean_squared_error/,
    );
    const clipped = { type: "sgd", learning_rate: 0.1, clip_norm: 1 } as const;
    assert.match(refused({ ...closed, optimizer: clipped }).message, /clipped/);
    const averaging = { type: "ema", decay: 0.5 } as const;
    const mean = { type: "sgd", learning_rate: 0.1, averaging } as const;
    assert.match(refused({ ...closed, optimizer: mean }).message, /averages need every step/);
    const cosine = { type: "sgd", learning_rate: 0.1, schedule: { type: "cosine" } } as const;
    assert.equal(planOf({ ...closed, optimizer: cosine }).solver, "closed_form");
    const large = refused({ batch_size: 100_000 }, 170e6);
    assert.equal(large.code, "too_large");
    assert.match(large.message, /batch_size of at most \d+ \(now 100000\)/);
  });
});

describe("the route of a closed form", () => {
  const long = { ...squares, steps: 1_000_000, algorithm: linearised("never") };

  it("is a space without a way out where it holds at any stable rate", () => {
    const few = { ...squares, steps: 50, algorithm: linearised("never", "closed_form") };
    assert.match(planOf(few, 4e9, smallExamples(400)).reason, /Krylov spaces of/);
    const more = planOf({ ...few, steps: 1_000_000 }, 4e9, smallExamples(400));
    assert.match(more.reason, /a Krylov space of .* if that does not do/);
  });

  it("is windows of Krylov spaces where the kernel is too large to decompose", () => {
    const plan = planOf(long, 4e9, smallExamples(1200));
    assert.match(plan.reason, /Krylov spaces of the/);
  });

  it("stays with its space where it holds, and says where the spectrum took over", async () => {
    const examples = smallExamples(60);
    // More parameters than rows, so that no space is whole before all of them.
    const network = networkFrom({
      input: { shape: [4] },
      layers: [
        { type: "dense", units: 40, activation: "tanh" },
        { type: "dense", units: 3 },
      ],
    });
    const notices = async (rate: number) => {
      const optimizer = { type: "sgd", learning_rate: rate } as const;
      const run = { ...long, optimizer, evaluate: { every: long.steps } };
      const { events, outcome } = await trained(run, { examples, network });
      assert.equal(outcome.type, "succeeded");
      const said = eventsOf(events, "log").map(({ message }) => message);
      return said.filter((message) => message.includes("spectrum takes its place"));
    };
    assert.deepEqual(await notices(1e-9), []);
    const [notice = "", ...others] = await notices(0.1);
    assert.match(notice, /a Krylov space of \d+ products does not hold the 1000000 steps ahead/);
    assert.deepEqual(others, []);
  });
});

describe("a refusal for want of memory", () => {
  const messageOf = (plan: () => unknown): string => {
    try {
      plan();
    } catch (error) {
      if (error instanceof Failure && error.code === "too_large") return error.message;
      throw error;
    }
    return assert.fail("not refused");
  };
  const named = (message: string, what: RegExp): number => Number(what.exec(message)?.[1]);

  it("names the batch that fits, and the next one does not", () => {
    const plan = (batch: number) => planOf({ batch_size: batch }, 170e6);
    const most = named(
      messageOf(() => plan(100_000)),
      /batch_size of at most (\d+)/,
    );
    assert.ok(plan(most).memory_bytes <= 170e6);
    messageOf(() => plan(most + 1));
  });

  it("names the examples that a solver asked for could take, and one more does not fit", () => {
    const algorithm = linearised("never", "function_space");
    const plan = (count: number) =>
      planOf({ algorithm, batch_size: 4 }, 400e6, smallExamples(count, 5));
    const most = named(
      messageOf(() => plan(2000)),
      /at most (\d+) examples/,
    );
    assert.ok(most > 100 && plan(most).memory_bytes <= 400e6);
    messageOf(() => plan(most + 1));
  });

  it("is not needed where products take the place of a kernel", () => {
    const plan = (solver: "auto" | "closed_form") =>
      planOf({ ...squares, algorithm: linearised("never", solver) }, 400e6, smallExamples(2000, 5));
    for (const solver of ["auto", "closed_form"] as const) {
      assert.ok(plan(solver).memory_bytes <= 400e6);
    }
    assert.match(plan("closed_form").reason, /Krylov spaces of the Jacobian, without the kernel/);
    const cosine = { type: "sgd", learning_rate: 0.1, schedule: { type: "cosine" } } as const;
    const asked = { ...squares, optimizer: cosine, algorithm: linearised("never", "closed_form") };
    assert.throws(
      () => planOf(asked, 4e9, smallExamples(2000, 5)),
      /6000 rows of the kernel are more than 3000; a cosine schedule has another rate/,
    );
  });
});

const kinds: Readonly<Record<string, Partial<RunSettings>>> = {
  "in function space": {
    algorithm: linearised(7, "function_space"),
    optimizer: { type: "sgd", learning_rate: 0.1, momentum: 0.9, weight_decay: 0.01 },
  },
  "in function space, momenta reset": {
    algorithm: { ...linearised(7, "function_space"), optimizer_state: "reset" },
    optimizer: { type: "sgd", learning_rate: 0.1, momentum: 0.9, clip_norm: 0.5 },
  },
  "in function space, averaged": {
    algorithm: linearised(7, "function_space"),
    optimizer: { type: "sgd", learning_rate: 0.1, averaging: { type: "tail", from: 10 } },
  },
  "in function space on full batches": {
    algorithm: linearised(7, "function_space"),
    batch_size: "full",
    optimizer: { type: "sgd", learning_rate: 0.1, momentum: 0.9, clip_norm: 0.5 },
  },
  "in function space after linearising at every step": {
    algorithm: linearised({ every_step_until: 5 }, "function_space"),
  },
  "in function space, adaptive": {
    algorithm: linearised({ gap: 0.03, check_every: 3 }, "function_space"),
  },
  "in closed form": { ...squares, algorithm: linearised(9, "closed_form") },
};

describe("a run", () => {
  for (const [name, settings] of Object.entries(kinds)) {
    it(`has the numbers of weight space ${name}`, async () => {
      const found = await trained(settings);
      const algorithm = { ...(settings.algorithm as Linearised), solver: "weight_space" } as const;
      const expected = await trained({ ...settings, algorithm });
      assert.equal(found.outcome.type, "succeeded");
      for (const column of ["loss", "gradient_norm", "distance_from_anchor", "anchor_step"]) {
        const [ours, theirs] = [columnOf(found.events, column), columnOf(expected.events, column)];
        assert.equal(ours.length, theirs.length);
        for (const [at, value] of ours.entries()) {
          assert.ok(Math.abs(Number(value) - Number(theirs[at])) < 1e-10, `${column} ${at}`);
        }
      }
    });

    it(`has the same bits however it is cut, and from each checkpoint, ${name}`, async () => {
      const checkpoints = { every: 1, keep: 99 };
      const whole = await trained({ ...settings, checkpoints }, { chunkSteps: 1000 });
      const cut = await trained(settings, { chunkSteps: 5 });
      assert.equal(lastWeights(cut), lastWeights(whole));
      assert.deepEqual(columnOf(cut.events, "loss"), columnOf(whole.events, "loss"));
      const saved = eventsOf(whole.events, "checkpoint").filter(({ step }) => step % 5 === 3);
      for (const { id, step, digest } of saved) {
        const change = { attempt: 2, checkpoints: [{ id, step, digest }] };
        const resumed = await trained(settings, { artifacts: whole.artifacts, change });
        assert.equal(lastWeights(resumed), lastWeights(whole), `from step ${step}`);
      }
    });
  }

  it("goes on in a fork by the route that it began with", async () => {
    const settings = { algorithm: linearised(7, "function_space") };
    const { events, artifacts } = await trained(settings);
    const [checkpoint] = eventsOf(events, "checkpoint");
    assert.ok(checkpoint);
    const change = { run: "run_2", isFork: true, checkpoints: [checkpoint] };
    const prepared = prepare(
      assignmentOf(settingsOf(settings), change),
      { network: smallNetwork(), examples: smallExamples() },
      { engine: "reference", device: "cpu" },
    );
    const { position } = (await startingState(prepared, artifacts)).state;
    assert.deepEqual([position.solver, position.route], ["function_space", "kernel"]);
  });

  it("of very many steps in closed form reports some of them and says so", async () => {
    const steps = 100_000;
    const { events, outcome } = await trained({
      ...squares,
      steps,
      algorithm: linearised("never", "closed_form"),
      evaluate: { every: steps },
    });
    assert.equal(outcome.type, "succeeded");
    const metrics = eventsOf(events, "metrics");
    assert.ok(metrics.every(({ every }) => every === 49));
    let next = 1;
    for (const { from, to, columns } of metrics) {
      assert.equal(from, next);
      const values = columns["loss"]?.length ?? 0;
      assert.ok(to <= steps);
      next = from + values * 49;
    }
    assert.match(eventsOf(events, "log")[0]?.message ?? "", /one step in 49/);
  });

  it("that diverges in closed form or in function space fails with the figures", async () => {
    for (const solver of ["closed_form", "function_space"] as const) {
      const { outcome } = await trained({
        ...squares,
        steps: 5000,
        optimizer: { type: "sgd", learning_rate: 50 },
        algorithm: linearised("never", solver),
      });
      assert.equal(outcome.type === "failed" && outcome.error.code, "diverged");
    }
  });
});
