/** Steps in function space are the steps in weight space. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { AnyForm } from "#learning/descent/surface.ts";
import { smallExamples, smallNetwork } from "./training.ts";
import {
  apart,
  differenceOf,
  functionSpace,
  heavy,
  linearOptimizers,
  losses,
  sgd,
  type Way,
  walk,
  weightSpace,
} from "./walking.ts";

describe("function space", () => {
  for (const [name, optimizer] of Object.entries(linearOptimizers)) {
    it(`equals weight space over 60 steps with ${name}`, async () => {
      for (const loss of losses) {
        for (const batchSize of [null, 6]) {
          const way: Way = { optimizer, loss, batchSize, steps: 60, period: 25 };
          const expected = await walk(weightSpace, way);
          const found = await walk(functionSpace, way);
          const difference = differenceOf(found, expected);
          assert.ok(difference < 1e-12, `${loss}, batch ${batchSize}: ${difference}`);
        }
      }
    });
  }

  it("forgets momenta at a linearisation when asked to", async () => {
    const way: Way = { optimizer: heavy, steps: 20, period: 6 };
    const expected = await walk({ ...weightSpace, resets: true } as AnyForm, way);
    const found = await walk({ ...functionSpace, resets: true } as AnyForm, way);
    assert.ok(differenceOf(found, expected) < 1e-12);
  });

  it("sees batches that are larger than the data", async () => {
    const way: Way = { optimizer: heavy, batchSize: 33, steps: 20 };
    assert.ok(differenceOf(await walk(functionSpace, way), await walk(weightSpace, way)) < 1e-12);
  });

  it("enters a phase in the middle from weight space", async () => {
    const way: Way = { optimizer: { ...heavy, weight_decay: 0.1 }, steps: 7, period: 100 };
    const { state } = await walk(weightSpace, way);
    const later = (form: AnyForm) => walk(form, { ...way, steps: 30, period: 0 }, state);
    assert.ok(differenceOf(await later(functionSpace), await later(weightSpace)) < 1e-12);
  });

  it("has the same bits however steps are cut into calls and written down", async () => {
    const optimizer = { ...heavy, weight_decay: 0.1 };
    for (const engine of ["reference", "float32"] as const) {
      const way: Way = { optimizer, engine, steps: 23, period: 9 };
      const whole = await walk(functionSpace, way);
      for (const cuts of [
        [1, 1, 1, 20],
        [9, 9],
        [4, 10, 3],
      ]) {
        const cut = await walk(functionSpace, { ...way, cuts, resumes: true });
        assert.deepEqual(cut.state.weights, whole.state.weights);
        assert.deepEqual(cut.state.optimizer, whole.state.optimizer);
        assert.deepEqual(cut.columns, whole.columns);
      }
    }
  });

  it("stays within 1e-4 of weight space over 10 000 steps in float32", async () => {
    for (const optimizer of [sgd, { ...heavy, weight_decay: 0.001 }]) {
      const way: Way = {
        optimizer,
        engine: "float32",
        batchSize: null,
        steps: 10_000,
        period: 1e9,
      };
      const found = await walk(functionSpace, way);
      const expected = await walk(weightSpace, way);
      assert.ok(apart(found.state.weights, expected.state.weights) < 1e-4);
    }
  });

  it("follows a network whose outputs are one number", async () => {
    const network = smallNetwork(1);
    const two = smallExamples();
    const y = { ...two.train.y, data: two.train.y.data.map((value: number) => value % 2) };
    const examples = { ...two, classes: 2, train: { ...two.train, y } } as typeof two;
    for (const loss of ["mean_squared_error", "sigmoid_cross_entropy"] as const) {
      const way: Way = { network, examples, loss, steps: 30, optimizer: heavy };
      assert.ok(differenceOf(await walk(functionSpace, way), await walk(weightSpace, way)) < 1e-12);
    }
  });
});
