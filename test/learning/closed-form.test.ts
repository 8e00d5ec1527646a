/** Many steps at once are the steps one by one. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ClosedForm } from "#learning/descent/surface.ts";
import type { Optimizer } from "#schemas/algorithm.ts";
import {
  apart,
  closedForm,
  columnsApart,
  functionSpace,
  kernelOf,
  type Walked,
  type Way,
  walk,
  weightSpace,
} from "./walking.ts";

const sgd = { type: "sgd", learning_rate: 0.1 } as const;
const heavy = { ...sgd, momentum: 0.8 } as const;
const optimizers: Readonly<Record<string, Optimizer>> = {
  "gradient descent": sgd,
  "heavy ball": heavy,
  Nesterov: { ...heavy, nesterov: true },
  "decay to zero": { ...sgd, weight_decay: 0.05 },
  "heavy ball with decay to zero": { ...heavy, weight_decay: 0.01 },
  "Nesterov with decay to the anchor": {
    ...heavy,
    nesterov: true,
    weight_decay: 0.05,
    weight_decay_to: "anchor",
  },
  "a schedule": { ...heavy, schedule: { type: "step", every: 11, factor: 0.7 } },
};

const squares: Way = { loss: "mean_squared_error", batchSize: null };

function differenceOf(a: Walked, b: Walked): number {
  // Velocities die out, so both count on the scale of the weights.
  const whole = ({ state }: Walked) => ({ ...state.weights, ...state.optimizer });
  return Math.max(apart(whole(a), whole(b)), columnsApart(a.columns, b.columns));
}

/**
 * The spectrum; Krylov spaces up to about the rank of the kernel, beyond which all is rounding;
 * and such as last for some steps each.
 */
const forms: Readonly<Record<string, ClosedForm>> = {
  "from the spectrum": closedForm,
  "from products with the kernel": { ...closedForm, route: "kernel", vectorsMax: 48 },
  "from products with the Jacobian": { ...closedForm, route: "jacobian", vectorsMax: 48 },
  "in windows of few products": { ...closedForm, route: "jacobian", vectorsMax: 14 },
  "from a space of the kernel that gives way": {
    ...closedForm,
    route: "kernel_first",
    vectorsMax: 10,
  },
  "from a space of the Jacobian that gives way": {
    ...closedForm,
    route: "jacobian_first",
    vectorsMax: 10,
  },
};

describe("the closed form", () => {
  for (const [name, optimizer] of Object.entries(optimizers)) {
    it(`equals steps in weight space with ${name}`, async () => {
      for (const [steps, period] of [
        [1, 5],
        [7, 5],
        [60, 25],
        [500, 1000],
      ] as const) {
        const way: Way = { ...squares, optimizer, steps, period };
        const expected = await walk(weightSpace, way);
        for (const [how, form] of Object.entries(forms)) {
          const own = { ...form, horizon: Math.min(steps, period) };
          const difference = differenceOf(await walk(own, way), expected);
          assert.ok(difference < 1e-12, `${how}, ${steps} steps: ${difference}`);
        }
      }
    });
  }

  it("equals 20 000 steps in function space", async () => {
    // An eigenvalue is known to a few roundings of the largest, which T steps magnify to T·ηλ_max/n
    // of them: a small rate leaves 1e-12.
    const slow = { ...sgd, learning_rate: 0.005 } as const;
    const decaying = { ...slow, learning_rate: 0.001, momentum: 0.5, weight_decay: 1e-2 };
    for (const optimizer of [slow, decaying]) {
      const way: Way = { ...squares, optimizer, steps: 20_000, period: 1e9, engine: "float64" };
      const expected = await walk(functionSpace, way);
      for (const every of [97, 20_000]) {
        for (const [how, form] of Object.entries(forms)) {
          const { state } = await walk({ ...form, every, horizon: 20_000 }, way);
          const difference = apart(state.weights, expected.state.weights);
          assert.ok(difference < 1e-12, `${how}, every ${every}: ${difference}`);
        }
      }
    }
  });

  it("stays within 1e-4 of weight space over 10 000 steps in float32", async () => {
    const optimizer = { ...heavy, learning_rate: 0.02 } as const;
    const steps = 10_000;
    const way: Way = { ...squares, optimizer, steps, period: 1e9, engine: "float32" };
    const expected = await walk(weightSpace, way);
    for (const [how, form] of Object.entries(forms)) {
      const { state } = await walk({ ...form, every: steps, horizon: steps }, way);
      const difference = apart(state.weights, expected.state.weights);
      assert.ok(difference < 1e-4, `${how}: ${difference}`);
    }
  });

  it("keeps a space that holds the phase, and takes the spectrum where it does not", async () => {
    const steps = 100_000;
    const [easy, hard] = [{ ...sgd, learning_rate: 1e-7 }, sgd] as const;
    for (const route of ["kernel_first", "jacobian_first"] as const) {
      for (const [optimizer, gives] of [
        [easy, false],
        [hard, true],
      ] as const) {
        const way: Way = { ...squares, optimizer, steps, period: 1e9 };
        const own = { ...closedForm, every: steps, horizon: steps, vectorsMax: 12 };
        const found = await walk({ ...own, route }, way);
        const spectrum = await walk(own, way);
        assert.ok(apart(found.state.weights, spectrum.state.weights) < 1e-10);
        assert.equal(found.notices.length, Number(gives));
        if (gives) assert.match(found.notices[0] ?? "", /12 products does not hold the 100000/);
        else assert.ok((found.state.phase?.["modes/r"]?.data.length ?? 0) <= 12);
      }
    }
  });

  it("reports every so many steps with the values that all steps have there", async () => {
    const way: Way = { ...squares, optimizer: heavy, steps: 50, period: 30 };
    const all = (await walk(closedForm, way)).columns;
    const some = (await walk({ ...closedForm, every: 7 }, way)).columns;
    for (const [name, values] of Object.entries(some)) {
      const expected = (all[name] ?? new Float64Array(0)).filter((_, at) => at % 7 === 0);
      assert.equal(values.length, 8);
      assert.ok(columnsApart({ [name]: values }, { [name]: expected }) < 1e-12);
    }
  });

  it("has the same bits however steps are cut into calls and written down", async () => {
    const optimizer: Optimizer = { ...heavy, weight_decay: 0.1 };
    for (const form of Object.values(forms)) {
      for (const every of [1, 4]) {
        const way: Way = { ...squares, optimizer, steps: 23, period: 9 };
        const own = { ...form, every, horizon: 9, vectorsMax: Math.min(form.vectorsMax, 6) };
        const whole = await walk(own, way);
        for (const cuts of [
          [1, 1, 1, 20],
          [9, 9],
          [4, 10, 3],
        ]) {
          const cut = await walk(own, { ...way, cuts, resumes: true });
          assert.deepEqual(cut.state.weights, whole.state.weights);
          assert.deepEqual(cut.state.optimizer, whole.state.optimizer);
          assert.deepEqual(cut.columns, whole.columns);
        }
      }
    }
  });

  it("enters a phase in the middle from weight space and from function space", async () => {
    const way: Way = {
      ...squares,
      optimizer: { ...heavy, weight_decay: 0.1 },
      steps: 7,
      period: 100,
    };
    const on: Way = { ...way, steps: 30, period: 0 };
    for (const form of [weightSpace, functionSpace]) {
      const { state } = await walk(form, way);
      const expected = await walk(weightSpace, on, state);
      for (const own of Object.values(forms)) {
        assert.ok(differenceOf(await walk(own, on, state), expected) < 1e-12);
      }
    }
  });
});

describe("the largest stable rate", () => {
  it("separates convergence from divergence within 0.1 %", async () => {
    const { lambdaMax } = await kernelOf(squares);
    const bounds = {
      sgd: 2,
      heavy: 2 * (1 + 0.8),
      nesterov: (2 * (1 + 0.8)) / (1 + 2 * 0.8),
    };
    const ways = {
      sgd: (rate: number) => ({ ...sgd, learning_rate: rate }),
      heavy: (rate: number) => ({ ...heavy, learning_rate: rate }),
      nesterov: (rate: number) => ({ ...heavy, nesterov: true, learning_rate: rate }),
    };
    for (const name of ["sgd", "heavy", "nesterov"] as const) {
      for (const [factor, grows] of [
        [0.999, false],
        [1.001, true],
      ] as const) {
        const optimizer = ways[name]((factor * bounds[name]) / lambdaMax);
        const way: Way = { ...squares, optimizer, steps: 200_000, period: 1e9 };
        const { columns } = await walk({ ...closedForm, every: 199_999 }, way);
        const [first = 0, last = 0] = columns["loss"] ?? [];
        assert.equal(!(last < first), grows, `${name} at ${factor}: ${first} → ${last}`);
      }
    }
  });
});
