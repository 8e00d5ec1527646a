/** One-off kernels and a sweep through a real service with real trainers. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { wedgeModel } from "#cli/demo/wedge.ts";
import type { Tensor } from "#engine/tensor.ts";
import { readSafetensors } from "#formats/safetensors.ts";
import type { Ntk } from "#schemas/ntk.ts";
import type { SweepResults } from "#schemas/sweep.ts";
import { openService, type Served, whole } from "./service.ts";

const patienceMs = 60_000;
const lookEveryMs = 25;

async function posted<T>({ url }: Served, path: string, body: object): Promise<T> {
  const headers = { "content-type": "application/json" };
  const init = { method: "POST", headers, body: JSON.stringify(body) };
  const answer = await fetch(url + path, init);
  assert.equal(answer.status, 202, await answer.clone().text());
  return (await answer.json()) as T;
}

/** What is at `path` once it is as wanted. */
async function settled<T>({ url }: Served, path: string, is: (value: T) => boolean): Promise<T> {
  const deadlineMs = performance.now() + patienceMs;
  for (;;) {
    const value = (await (await fetch(url + path)).json()) as T;
    if (is(value)) return value;
    assert.ok(performance.now() < deadlineMs, JSON.stringify(value).slice(0, 2000));
    await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
  }
}

async function kernelOf(served: Served, request: object): Promise<{ ntk: Ntk; kernel: Tensor }> {
  const { id } = await posted<Ntk>(served, "/v1/ntk", request);
  const ended = ({ status }: Ntk) => status === "succeeded" || status === "failed";
  const ntk = await settled(served, `/v1/ntk/${id}`, ended);
  assert.equal(ntk.status, "succeeded", JSON.stringify(ntk.error));
  const file = await fetch(`${served.url}/v1/ntk/${id}/kernel`);
  const bytes = new Uint8Array(await file.arrayBuffer());
  const kernel = readSafetensors(bytes, { bytesMax: 1e8 }).tensors.get("kernel");
  assert.ok(kernel !== undefined);
  return { ntk, kernel };
}

async function stored({ api }: Served) {
  const generator = { type: "wedge", train: 200, test: 100, dimension: 20, seed: 0 } as const;
  const [model, dataset] = [
    await api.createModel({ definition: wedgeModel }),
    await api.createDataset({ generator }),
  ];
  return { model: model.id, dataset: dataset.id };
}

describe("one-off kernels", () => {
  it("between two sets are a block of the kernel of both, by either method", async () => {
    await using served = await openService({ threadsPerTrainer: 1 });
    const { model, dataset } = await stored(served);
    const set = (indices: readonly number[]) => ({ dataset, split: "train", indices });
    const shared = { model, seed: 3, kernel: "trace", dtype: "float64" } as const;
    const both = await kernelOf(served, { ...shared, first: set([5, 1, 9, 4, 2]) });
    const [first, second] = [set([5, 1, 9]), set([4, 2])];
    const block = [0, 1, 2].flatMap((i) => [3, 4].map((j) => both.kernel.data[i * 5 + j] ?? 0));
    for (const method of ["structured", "explicit"]) {
      const cross = await kernelOf(served, { ...shared, method, first, second });
      assert.deepEqual(cross.ntk.shape, [3, 2]);
      assert.deepEqual(cross.kernel.shape, [3, 2]);
      for (const [at, value] of block.entries()) {
        assert.ok(
          Math.abs(value - (cross.kernel.data[at] ?? Number.NaN)) < 1e-12 * Math.abs(value),
        );
      }
      assert.equal(cross.ntk.figures?.trace, null);
    }
    assert.equal(both.ntk.figures?.eigenvalues.length, 5);
    assert.notEqual(both.ntk.figures?.alignment, null);
  });

  it("are of the weights that a run ended with, on given inputs", async () => {
    await using served = await openService({ threadsPerTrainer: 1 });
    const { model, dataset } = await stored(served);
    const optimizer = { type: "sgd", learning_rate: 0.1 } as const;
    const created = await served.api.createRun({ model, dataset, optimizer, steps: 5 });
    const { run } = await whole(served.api, created.id);
    const inputs = [0, 1].map((i) => Array.from({ length: 20 }, (_, j) => Math.sin(i + j)));
    const trained = await kernelOf(served, { run: run.id, first: { inputs } });
    const initial = await kernelOf(served, { model, first: { inputs } });
    assert.deepEqual([trained.ntk.step, initial.ntk.step], [5, null]);
    assert.deepEqual(trained.kernel.shape, [2, 4, 2, 4]);
    assert.notDeepEqual(trained.kernel.data, initial.kernel.data);
    assert.equal(trained.ntk.figures?.alignment, null);
  });
});

describe("a sweep", () => {
  it("trains every cell; one linearisation a step is ordinary training", async () => {
    await using served = await openService({ trainersMax: 2, threadsPerTrainer: 1 });
    const { dataset } = await stored(served);
    const base = {
      model: wedgeModel,
      dataset,
      optimizer: { type: "sgd", learning_rate: 0.1 },
      batch_size: 32,
      steps: 60,
      evaluate: { every: 60 },
      snapshots: { examples: 16 },
      dtype: "float64",
    };
    const algorithms = [{ type: "standard" }, ...periodsOf([1, 8, "never"])];
    const { id } = await posted<{ id: string }>(served, "/v1/sweeps", {
      base,
      vary: { "/algorithm": algorithms, "/model/layers/0/units": [16, 32] },
      seeds: 2,
    });
    const path = `/v1/sweeps/${id}`;
    const done = ({ status }: SweepResults) => status === "completed";
    const { rows, groups } = await settled<SweepResults>(served, path, done);
    assert.deepEqual(new Set(rows.map(({ status }) => status)), new Set(["succeeded"]));
    const [standard, everyStep] = [rows.slice(0, 4), rows.slice(4, 8)];
    for (const [at, { figures }] of standard.entries()) {
      const loss = Number(figures.network_train_loss);
      const same = Number(everyStep[at]?.figures.network_train_loss);
      assert.ok(Math.abs(loss - same) < 1e-10 * loss, `${loss} and ${same}`);
    }
    const linearisations = groups.map(({ figures }) => figures.linearisations.mean);
    assert.deepEqual(linearisations, [60, 60, 60, 60, 8, 8, 1, 1]);
    assert.ok(rows.every(({ figures }) => figures.kernel_distance !== null));
  });
});

function periodsOf(periods: readonly (number | "never")[]) {
  return periods.map((period) => ({ type: "linearised", period }));
}
