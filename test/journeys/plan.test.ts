/** A plan over the real service: what a run would take, before it starts. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { CommandError } from "#cli/exit.ts";
import type { RunRequest } from "#schemas/run.ts";
import { fromFigure } from "#schemas/values.ts";
import { openService, whole } from "./service.ts";

describe("a plan", () => {
  it("names the solver that the run then takes, and the rates that are stable", async () => {
    await using service = await openService();
    const { api } = service;
    const layers = [
      { type: "dense", units: 16, activation: "tanh" } as const,
      { type: "dense", units: 4 } as const,
    ];
    const model = await api.createModel({ definition: { input: { shape: [8] }, layers } });
    const generator = { type: "wedge", train: 100, test: 40, dimension: 8, seed: 0 } as const;
    const dataset = await api.createDataset({ generator });
    const request: RunRequest = {
      model: model.id,
      dataset: dataset.id,
      loss: "mean_squared_error",
      algorithm: { type: "linearised", period: "never" },
      optimizer: { type: "sgd", learning_rate: 0.01 },
      batch_size: "full",
      steps: 50_000,
    };
    const answer = await api.planRun(request);
    assert.equal(answer.parameters, 8 * 16 + 16 + 16 * 4 + 4);
    assert.equal(answer.linearisations, 1);
    assert.equal(answer.plan.solver, "closed_form");
    assert.equal(answer.warning, null);
    const stable = fromFigure(answer.stable_learning_rate ?? "NaN");
    assert.ok(stable > 0.01);
    const { run } = await whole(api, (await api.createRun(request)).id);
    assert.equal(run.status, "succeeded");
    assert.equal(run.plan?.solver, "closed_form");
    const hot = { ...request, optimizer: { type: "sgd", learning_rate: 2 * stable } as const };
    assert.match((await api.planRun(hot)).warning ?? "", /diverges in a linear phase/);
    const foreign = { type: "adam", learning_rate: 0.1 } as const;
    const algorithm = { type: "linearised", period: 4, solver: "function_space" } as const;
    await assert.rejects(api.planRun({ ...request, algorithm, optimizer: foreign }), CommandError);
  });
});
