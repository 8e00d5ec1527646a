/** Runs compared through a real service: distances are those of the files that it serves. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { wedgeModel } from "#cli/demo/wedge.ts";
import type { Tensor } from "#engine/tensor.ts";
import { readSafetensors } from "#formats/safetensors.ts";
import type { Comparison } from "#schemas/comparison.ts";
import { openService, type Served, whole } from "./service.ts";

async function tensorsAt({ url }: Served, path: string) {
  const headers = { accept: "application/vnd.safetensors" };
  const answer = await fetch(url + path, { headers });
  assert.equal(answer.status, 200, path);
  return readSafetensors(new Uint8Array(await answer.arrayBuffer()), { bytesMax: 1e8 }).tensors;
}

async function kernelsOf(served: Served, run: string): Promise<Map<number, Tensor>> {
  const { data } = await served.api.snapshots(run, { limit: 50 });
  const found = new Map<number, Tensor>();
  for (const { id, step } of data) {
    const kernel = (await tensorsAt(served, `/v1/runs/${run}/snapshots/${id}/kernel`)).get(
      "kernel",
    );
    assert.ok(kernel !== undefined);
    found.set(step, kernel);
  }
  return found;
}

const inner = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((sum, value, at) => sum + value * (b[at] ?? Number.NaN), 0);

describe("a comparison of runs", () => {
  it("is of their own kernels and weights, with all curves on the same steps", async () => {
    await using served = await openService({ trainersMax: 1, threadsPerTrainer: 1 });
    const { api, url } = served;
    const generator = { type: "wedge", train: 200, test: 100, dimension: 20, seed: 0 } as const;
    const model = (await api.createModel({ definition: wedgeModel })).id;
    const dataset = (await api.createDataset({ generator })).id;
    const begin = async (period: number, examples: number): Promise<string> => {
      const algorithm = { type: "linearised", period } as const;
      const optimizer = { type: "sgd", learning_rate: 0.1 } as const;
      const snapshots = { every: 20, examples, kernel: "trace" } as const;
      const base = { model, dataset, algorithm, optimizer, snapshots, steps: 60, batch_size: 32 };
      const { id } = await api.createRun({ ...base, evaluate: { every: 30 } });
      assert.equal((await whole(api, id)).run.status, "succeeded");
      return id;
    };
    const ids = [await begin(1, 16), await begin(30, 16), await begin(30, 12)];
    const [first = "", other = ""] = ids;
    const answer = await fetch(`${url}/v1/compare?runs=${ids.join(",")}`);
    assert.equal(answer.status, 200, await answer.clone().text());
    const found = (await answer.json()) as Comparison;
    assert.deepEqual(
      found.differences.map(({ pointer, values }) => [pointer, values]),
      [
        ["/algorithm/period", [1, 30, 30]],
        ["/snapshots/examples", [16, 16, 12]],
      ],
    );
    assert.deepEqual(
      found.runs.map(({ linearisations }) => linearisations),
      [60, 2, 2],
    );
    assert.equal(found.metrics.steps.length, 60);
    assert.deepEqual(found.metrics.columns["loss"]?.[1], found.metrics.columns["loss"]?.[2]);
    assert.deepEqual(found.evaluations.steps, [0, 30, 60]);
    const [a, b] = [await kernelsOf(served, first), await kernelsOf(served, other)];
    const [close, far] = found.kernels;
    assert.deepEqual(
      close?.points.map(({ step }) => step),
      [0, 20, 40, 60],
    );
    for (const { step, distance } of close?.points ?? []) {
      const [left = [], right = []] = [a.get(step)?.data, b.get(step)?.data];
      const cosine = inner(left, right) / Math.sqrt(inner(left, left) * inner(right, right));
      assert.ok(Math.abs(Number(distance) - (1 - cosine)) < 1e-9, `${step}`);
    }
    assert.equal(close?.points[0]?.distance, 0);
    assert.ok(Number(close?.points.at(-1)?.distance) > 0);
    assert.ok(Math.abs(Number(close?.points[0]?.cka) - 1) < 1e-9);
    assert.match(far?.reason ?? "", /16 test examples.*12 test examples/);
    const [, same] = found.parameters;
    const weights = async (run: string) => {
      const { data } = await api.checkpoints(run, {});
      const checkpoint = data.find(({ step }) => step === 60);
      return await tensorsAt(served, `/v1/runs/${run}/checkpoints/${checkpoint?.id}`);
    };
    const [mine, theirs] = [await weights(first), await weights(ids[2] ?? "")];
    let [apart, size] = [0, 0];
    for (const [name, { data }] of mine) {
      // What is not a parameter has a group before its name.
      if (name.startsWith("@")) continue;
      const shift = Array.from(data, (value, i) => (theirs.get(name)?.data[i] ?? 0) - value);
      apart += inner(shift, shift);
      size += inner(data, data);
    }
    const told = Number(same?.points.at(-1)?.relative_distance);
    assert.ok(Math.abs(told - Math.sqrt(apart / size)) < 1e-6, `${told}`);
  });
});
