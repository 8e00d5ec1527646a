/** Damped Gauss–Newton against its definition in weight space, and its limits. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Tensors } from "#engine/backend.ts";
import { networkFrom } from "#engine/layers/definition.ts";
import { curvatureOf } from "#learning/curvature.ts";
import type { AnyForm, GaussNewtonForm } from "#learning/descent/surface.ts";
import { dampingMax, dampingMin, judgeStep } from "#learning/solve/trust.ts";
import type { Loss } from "#schemas/algorithm.ts";
import type { RunSettings } from "#src/channel.ts";
import { stream } from "#src/random.ts";
import { jacobianOf } from "./jacobian.ts";
import {
  columnOf,
  eventsOf,
  lastWeights,
  smallExamples,
  smallNetwork,
  trained,
} from "./training.ts";
import { apart, closedForm, type Way, walk, weightSpace } from "./walking.ts";

const damped: GaussNewtonForm = {
  type: "gauss_newton",
  damping: 0.1,
  solver: "function_space",
  fallsBack: false,
  iterationsMax: 500,
  tolerance: 1e-13,
  lineSearch: false,
  resets: false,
};
const losses: readonly Loss[] = [
  "mean_squared_error",
  "softmax_cross_entropy",
  "sigmoid_cross_entropy",
];
const one: Way = { batchSize: null, steps: 1, period: 1 };

describe("the curvature of a loss", () => {
  it("has a root whose square is the Hessian, and which reaches the gradient", () => {
    const random = stream(5, "f");
    const [examples, outputs] = [4, 3];
    const f = Float64Array.from({ length: 12 }, () => random.normal());
    const targets = Float64Array.from({ length: 12 }, (_, at) => Number(at % 3 === 1));
    for (const loss of losses) {
      const at = (x: Float64Array) => curvatureOf(loss, x, { targets, examples });
      const here = at(f);
      const reached = here.root(here.source);
      const h = 1e-5;
      for (let i = 0; i < f.length; i += 1) {
        assert.ok(Math.abs((reached[i] ?? 0) - (here.gradient[i] ?? 0)) < 1e-12);
        const nudged = (by: number) => f.map((value, k) => (k === i ? value + by : value));
        const [up, down] = [at(nudged(h)), at(nudged(-h))];
        const slope = (examples * (up.loss - down.loss)) / (2 * h);
        assert.ok(Math.abs(slope - (here.gradient[i] ?? 0)) < 1e-8);
        const unit = Float64Array.from({ length: f.length }, (_, k) => Number(k === i));
        const column = here.root(here.transposed(unit));
        for (let k = 0; k < f.length; k += 1) {
          const exact = ((up.gradient[k] ?? 0) - (down.gradient[k] ?? 0)) / (2 * h);
          assert.ok(Math.abs(exact - (column[k] ?? 0)) < 1e-8, `${loss} ${outputs} ${i} ${k}`);
        }
      }
    }
  });
});

describe("a step of Gauss–Newton", () => {
  it("is the same by the kernel and by products alone", async () => {
    for (const loss of losses) {
      const dense = await walk(damped, { ...one, loss, steps: 3 });
      const free = await walk({ ...damped, solver: "cg" }, { ...one, loss, steps: 3 });
      const difference = apart(free.state.weights, dense.state.weights);
      assert.ok(difference < 1e-9, `${loss}: ${difference}`);
      assert.ok([...(free.columns["solver_converged"] ?? [])].every((value) => value === 1));
    }
  });

  it("factorises the kernel where products alone do not converge, and counts both", async () => {
    const way: Way = { ...one, loss: "softmax_cross_entropy", steps: 3 };
    const dense = await walk(damped, way);
    const hasty = { ...damped, solver: "cg", iterationsMax: 1, fallsBack: true } as const;
    const tried = await walk(hasty, way);
    assert.equal(apart(tried.state.weights, dense.state.weights), 0);
    assert.deepEqual([...(tried.columns["solver_iterations"] ?? [])], [2, 2, 2]);
    // Where they converge they are what is taken.
    const free = await walk({ ...damped, solver: "cg", fallsBack: true }, way);
    assert.ok(apart(free.state.weights, dense.state.weights) < 1e-9);
    assert.ok([...(free.columns["solver_iterations"] ?? [])].every((count) => count > 2));
  });

  it("solves the normal equations (JᵀHJ/n + µ)Δ = −∇", async () => {
    const network = smallNetwork();
    const { train } = smallExamples();
    const initial = Object.fromEntries(network.initialise(1));
    const { jacobian, rows, columns, outputs } = await jacobianOf(network, initial, train);
    const flat = (values: Tensors): Float64Array =>
      Float64Array.from(network.parameters.flatMap(({ name }) => [...(values[name]?.data ?? [])]));
    const targets = Float64Array.from({ length: rows }, (_, at) =>
      Number(train.y.data[Math.floor(at / 3)] === at % 3),
    );
    for (const loss of losses) {
      const { state } = await walk(damped, { ...one, loss });
      const start = flat(initial);
      const moved = flat(state.weights).map((value, i) => value - (start[i] ?? 0));
      const { gradient, root, transposed } = curvatureOf(loss, outputs, { targets, examples: 20 });
      const pushed = Float64Array.from({ length: rows }, (_, row) =>
        moved.reduce((sum, value, i) => sum + value * (jacobian[row * columns + i] ?? 0), 0),
      );
      const image = root(transposed(pushed)).map((value, at) => value + (gradient[at] ?? 0));
      for (const [i, value] of moved.entries()) {
        const left = image.reduce((sum, u, row) => sum + u * (jacobian[row * columns + i] ?? 0), 0);
        assert.ok(Math.abs(left / 20 + 0.1 * value) < 1e-11, `${loss} ${i}`);
      }
    }
  });

  it("without damping is where gradient descent on the linear model ends", async () => {
    const network = networkFrom({ input: { shape: [4] }, layers: [{ type: "dense", units: 3 }] });
    const way: Way = { ...one, network, loss: "mean_squared_error" };
    const optimizer = { type: "sgd", learning_rate: 0.5 } as const;
    const endless = { ...way, optimizer, steps: 5000, period: 1e9 };
    const expected = await walk(closedForm, endless);
    const { state, columns } = await walk({ ...damped, damping: 0 }, way);
    assert.ok(apart(state.weights, expected.state.weights) < 1e-10);
    assert.equal(columns["solver_converged"]?.[0], 1);
    assert.ok((columns["directions_left_out"]?.[0] ?? 0) > 0);
  });

  it("with µ = 1/(ηK) goes where K steps of gradient descent go, about", async () => {
    const optimizer = { type: "sgd", learning_rate: 0.05 } as const;
    const way: Way = { batchSize: null, loss: "mean_squared_error", optimizer };
    const start = Object.fromEntries(smallNetwork().initialise(1));
    const moveOf = async (form: AnyForm, more: Way): Promise<Float64Array> => {
      const { state } = await walk(form, { ...way, ...more });
      return Float64Array.from(
        Object.entries(start).flatMap(([name, { data }]) =>
          [...data].map((value, at) => (state.weights[name]?.data[at] ?? 0) - value),
        ),
      );
    };
    const descent = await moveOf(weightSpace, { steps: 200, period: 1e9 });
    const jump = await moveOf({ ...damped, damping: { period: 200 } }, { steps: 1, period: 1 });
    const inner = (a: Float64Array, b: Float64Array) =>
      a.reduce((s, v, i) => s + v * (b[i] ?? 0), 0);
    const cosine = inner(descent, jump) / Math.sqrt(inner(descent, descent) * inner(jump, jump));
    assert.ok(cosine > 0.98, `${cosine}`);
  });
});

describe("an adaptive damping", () => {
  const step = { damping: 1, before: 10, slope: -3, squaredLength: 1 };

  it("falls where the model foretold the step and grows where it did not", () => {
    // ½(3 + 1) = 2 was foretold.
    assert.deepEqual(judgeStep({ ...step, after: 8 }), { damping: 1 / 3, isTaken: true, ratio: 1 });
    assert.deepEqual(judgeStep({ ...step, after: 9 }), { damping: 1, isTaken: true, ratio: 0.5 });
    assert.deepEqual(judgeStep({ ...step, after: 9.75 }), {
      damping: 2,
      isTaken: true,
      ratio: 0.125,
    });
    assert.deepEqual(judgeStep({ ...step, after: 11 }), {
      damping: 4,
      isTaken: false,
      ratio: -0.5,
    });
  });

  it("refuses a loss that is no number, and stays within its bounds", () => {
    const broken = judgeStep({ ...step, after: Number.NaN });
    assert.deepEqual([broken.isTaken, broken.damping], [false, 4]);
    assert.equal(
      judgeStep({ ...step, damping: dampingMin, slope: -4, after: 8 }).damping,
      dampingMin,
    );
    assert.equal(judgeStep({ ...step, damping: dampingMax, after: 11 }).damping, dampingMax);
  });
});

describe("a run of Gauss–Newton", () => {
  const settings = (more: object = {}): Partial<RunSettings> => ({
    algorithm: { type: "gauss_newton", damping: 0.01, ...more },
    batch_size: "full",
    steps: 8,
    evaluate: { every: 4 },
  });

  it("lowers the loss at every step with a line search, for every loss", async () => {
    for (const loss of losses) {
      for (const solver of ["function_space", "cg"] as const) {
        const { events, outcome } = await trained({ ...settings({ solver }), loss });
        assert.equal(outcome.type, "succeeded");
        const values = columnOf(events, "loss").map(Number);
        for (const [at, value] of values.entries()) {
          assert.ok(at === 0 || value <= (values[at - 1] ?? 0), `${loss} ${at}`);
        }
        assert.ok((values.at(-1) ?? 1) < 0.6 * (values[0] ?? 0), `${loss}: ${values}`);
        assert.equal(eventsOf(events, "anchor").length, 8);
        assert.ok(columnOf(events, "solver_converged").every((value) => value === 1));
      }
    }
  });

  it("shows a system that conjugate gradients did not solve", async () => {
    const { events } = await trained(
      settings({ solver: "cg", cg: { iterations: 1 }, damping: 1e-9 }),
    );
    assert.ok(columnOf(events, "solver_converged").includes(0));
    assert.ok(columnOf(events, "solver_residual").every((value) => Number(value) > 0));
  });

  it("lets an adaptive damping find its size, and never takes a step uphill", async () => {
    for (const loss of losses) {
      for (const first of [1e6, 1e-12]) {
        const more = { ...settings({ damping: { adaptive: first } }), steps: 40, loss };
        const { events, outcome } = await trained(more);
        assert.equal(outcome.type, "succeeded");
        const values = columnOf(events, "loss").map(Number);
        const dampings = columnOf(events, "damping").map(Number);
        const lengths = columnOf(events, "step_length").map(Number);
        assert.equal(dampings[0], first);
        assert.ok(new Set(dampings).size > 3, `${loss}: ${dampings}`);
        assert.ok((values.at(-1) ?? 1) < 0.6 * (values[0] ?? 0), `${loss} ${first}: ${values}`);
        for (const [at, length] of lengths.entries()) {
          const [before = 0, after = Number.NEGATIVE_INFINITY] = values.slice(at, at + 2);
          assert.ok(length === 1 ? after < before : after <= before, `${loss} ${at}`);
          if (length === 0) assert.ok((dampings[at + 1] ?? 1e300) > (dampings[at] ?? 0));
        }
      }
    }
  });

  it("goes on bit for bit from a checkpoint", async () => {
    for (const more of [{}, { damping: { adaptive: 1 } }]) {
      const whole = await trained({ ...settings(more), checkpoints: { every: 3, keep: 9 } });
      const [first] = eventsOf(whole.events, "checkpoint");
      assert.ok(first !== undefined);
      const { id, step, digest } = first;
      const change = { attempt: 2, checkpoints: [{ id, step, digest }] };
      const resumed = await trained(settings(more), { artifacts: whole.artifacts, change });
      assert.equal(lastWeights(resumed), lastWeights(whole));
    }
  });
});
