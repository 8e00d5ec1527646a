/** What goes numerically wrong in a run, as its document and its events tell it. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { Api } from "#cli/api.ts";
import type { RunEvent } from "#schemas/event.ts";
import type { Run, RunRequest } from "#schemas/run.ts";
import { type Figure, fromFigure } from "#schemas/values.ts";
import { openService, type Served, whole } from "./service.ts";

let served: Served;
let base: Pick<RunRequest, "model" | "dataset" | "loss" | "batch_size" | "dtype">;

/** Six points, each there twice: every kernel of them is singular. */
function twice(): Blob {
  const points = [-2.5, -1.5, -0.5, 0.5, 1.5, 2.5];
  const lines = [...points, ...points].map((x) => `${x},${x * x - 2},${x > 0 ? "b" : "a"}`);
  return new Blob([["x,z,class", ...lines].join("\n")]);
}

before(async () => {
  served = await openService({ trainersMax: 2, threadsPerTrainer: 1 });
  const { api } = served;
  const layers = [
    { type: "dense", units: 24, activation: "tanh" } as const,
    { type: "dense", units: 2 } as const,
  ];
  const model = await api.createModel({ definition: { input: { shape: [2] }, layers } });
  const upload = { name: "twice", format: "csv", label: "class", content: twice() } as const;
  const dataset = await api.uploadDataset(upload);
  base = {
    ...{ model: model.id, dataset: dataset.id },
    ...{ loss: "mean_squared_error", batch_size: "full", dtype: "float64" },
  };
});

after(async () => {
  await served[Symbol.asyncDispose]();
});

interface Seen {
  readonly run: Run;
  readonly events: readonly RunEvent[];
  /** A column of all metrics. */
  readonly column: (name: string) => readonly Figure[];
}

async function ran(
  changes: Omit<RunRequest, keyof typeof base> & Partial<RunRequest>,
): Promise<Seen> {
  const { api }: { api: Api } = served;
  const { run, events } = await whole(api, (await api.createRun({ ...base, ...changes })).id);
  const metrics = events.flatMap((event) => (event.type === "metrics" ? [event.data] : []));
  return { run, events, column: (name) => metrics.flatMap(({ columns }) => columns[name] ?? []) };
}

const linearised = (solver: "weight_space" | "function_space" | "closed_form") =>
  ({ type: "linearised", period: "never", solver }) as const;
const hot = { type: "sgd", learning_rate: 1000 } as const;
const last = (values: readonly Figure[]): number => fromFigure(values.at(-1) ?? "NaN");

describe("a run that diverges", () => {
  for (const solver of ["weight_space", "function_space", "closed_form"] as const) {
    it(`fails in ${solver} with the step and the loss, and keeps what led there`, async () => {
      const seen = await ran({ algorithm: linearised(solver), optimizer: hot, steps: 200 });
      const { error, status } = seen.run;
      assert.equal(status, "failed");
      assert.equal(error?.code, "diverged");
      assert.equal(error.retryable, false);
      assert.match(
        error.message,
        /left the finite numbers at step \d+: \S+, from \S+ at the start/,
      );
      const losses = seen.column("loss");
      const named = Number(/at step (\d+)/.exec(error.message)?.[1]);
      assert.equal(losses.length, named);
      assert.ok(!(last(losses) <= 1e6 * fromFigure(losses[0] ?? "NaN")));
      assert.ok(seen.events.some(({ type }) => type === "status"));
    });
  }

  it("goes on through what is no number where it is told to, and says so", async () => {
    const stop = { diverged: false };
    const settings = { algorithm: linearised("weight_space"), optimizer: hot, steps: 300, stop };
    const { run, column } = await ran(settings);
    assert.equal(run.status, "succeeded");
    const losses = column("loss");
    assert.equal(losses.length, 300);
    assert.ok(losses.some((value) => value === "Infinity"));
    assert.equal(losses.at(-1), "NaN");
    assert.equal(run.result?.network.train.loss, "NaN");
  });
});

describe("a singular kernel", () => {
  it("is descended on in function space and in closed form as in weight space", async () => {
    const optimizer = { type: "sgd", learning_rate: 0.02, momentum: 0.5 } as const;
    const run = async (solver: Parameters<typeof linearised>[0]) =>
      await ran({ algorithm: linearised(solver), optimizer, steps: 2000 });
    const expected = await run("weight_space");
    assert.equal(expected.run.status, "succeeded");
    for (const solver of ["function_space", "closed_form"] as const) {
      const found = await run(solver);
      assert.equal(found.run.status, "succeeded");
      const [ours, theirs] = [last(found.column("loss")), last(expected.column("loss"))];
      assert.ok(Math.abs(ours - theirs) <= 1e-10 * theirs, `${solver}: ${ours} and ${theirs}`);
    }
  });

  for (const dtype of ["float64", "float32"] as const) {
    it(`is solved without damping by leaving directions out, counted, in ${dtype}`, async () => {
      const algorithm = { type: "gauss_newton", damping: 0, solver: "function_space" } as const;
      const optimizer = { type: "sgd", learning_rate: 1 } as const;
      const { run, column } = await ran({ algorithm, optimizer, steps: 3, dtype });
      assert.equal(run.status, "succeeded");
      const leftOut = column("directions_left_out").map(fromFigure);
      // Of ten examples of two outputs, which train, four are copies.
      assert.deepEqual(leftOut, [8, 8, 8]);
      const losses = column("loss").map(fromFigure);
      assert.ok(losses.every(Number.isFinite) && last(losses) < (losses[0] ?? 0));
    });
  }
});

describe("conjugate gradients that do not converge", () => {
  it("are told at every step, with iterations and residual, and the run goes on", async () => {
    const cg = { iterations: 1, tolerance: 1e-12 };
    const algorithm = { type: "gauss_newton", damping: 1e-9, solver: "cg", cg } as const;
    const optimizer = { type: "sgd", learning_rate: 1 } as const;
    const { run, column } = await ran({ algorithm, optimizer, steps: 4 });
    assert.equal(run.status, "succeeded");
    assert.ok(column("solver_converged").includes(0));
    assert.deepEqual(column("solver_iterations"), [1, 1, 1, 1]);
    assert.ok(column("solver_residual").every((value) => fromFigure(value) > 1e-12));
  });
});
